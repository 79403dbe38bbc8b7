public import FoundationEssentials

/// How long the money of a voucher can be claimed, counted from the day of its sale; a fact of law, by country.
public struct Limitation: Codable, Hashable, Sendable {
    /// So many years.
    public var years: Int
    /// And from then on to the end of that year.
    public var toEndOfYear: Bool

    /// Makes a limitation.
    public init(years: Int, toEndOfYear: Bool = false) {
        self.years = years
        self.toEndOfYear = toEndOfYear
    }
}

/// A programme with the terms under which its vouchers are sold now.
public struct Programme: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var programmeId: UUID
    /// Who owes the money; never another city.
    public var issuerCityId: UUID
    /// As it stands on the voucher.
    public var name: String
    /// The last day on which its vouchers are sold; for ever if absent.
    public var soldUntil: Day?
    /// The terms.
    public var terms: ProgrammeTerms
    /// How long the money can be claimed, after the law of the issuer's country when these terms were made; for ever if absent.
    public var limitation: Limitation?
    /// Which terms those are; what is issued keeps this id.
    public var termsId: UUID
    /// 1 for the first terms of the programme, and one more with each change of them.
    public var termsNumber: Int
    /// Grows with each change of anything.
    public var version: Int64

    /// Makes a programme.
    public init(
        programmeId: UUID, issuerCityId: UUID, name: String, soldUntil: Day? = nil, terms: ProgrammeTerms,
        limitation: Limitation?, termsId: UUID, termsNumber: Int, version: Int64
    ) {
        self.programmeId = programmeId
        self.issuerCityId = issuerCityId
        self.name = name
        self.soldUntil = soldUntil
        self.terms = terms
        self.limitation = limitation
        self.termsId = termsId
        self.termsNumber = termsNumber
        self.version = version
    }
}

/// Makes a programme, or gives it other terms: `vouchers.set-programme.v1`.
///
/// What was issued before keeps the terms that it was issued under. Refused with `city-unknown` (retryable: the city, one of
/// `acceptedIn`, or the country of one may not have been heard of yet), `policy-unknown` (nobody has said what holds in the
/// issuer's country), `validity-too-short` and `validity-missing` (the policy of that country), `vat-widened` (a single-purpose
/// voucher is taken in the country of its rate only), `vat-differs` (tax is decided once for a programme), `programme-differs`,
/// `programme-unknown`, `version-differs`. A repeat with the same content gets the first answer.
public struct SetProgramme: ReasonedCommand {
    /// `vouchers.set-programme.v1`.
    public static let type = MessageType(.vouchers, .command, "set-programme")

    /// The programme.
    public var programmeId: UUID
    /// Who owes the money.
    public var issuerCityId: UUID
    /// As it stands on the voucher.
    public var name: String
    /// The last day on which its vouchers are sold; for ever if absent.
    public var soldUntil: Day?
    /// The terms for what is sold from now on.
    public var terms: ProgrammeTerms
    /// The version that this replaces; absent for a new programme.
    public var expectedVersion: Int64?
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(
        programmeId: UUID, issuerCityId: UUID, name: String, soldUntil: Day? = nil, terms: ProgrammeTerms,
        expectedVersion: Int64? = nil, reason: String? = nil
    ) {
        self.programmeId = programmeId
        self.issuerCityId = issuerCityId
        self.name = name
        self.soldUntil = soldUntil
        self.terms = terms
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one programme keep their order.
    public var orderingKey: String? { programmeId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(name, "name", max: 100)
        if let soldUntil { checks.day(soldUntil, "soldUntil") }
        terms.check(&checks)
        if let expectedVersion { checks.version(expectedVersion) }
        if let reason { checks.reason(reason) }
        try checks.finish()
    }

    /// The programme as it is now.
    public struct Reply: Codable, Equatable, Sendable {
        /// The programme.
        public var programmeId: UUID
        /// The terms for what is sold from now on.
        public var termsId: UUID
        /// 1 for the first terms of the programme, and one more with each change of them.
        public var termsNumber: Int
        /// How long the money can be claimed; for ever if absent.
        public var limitation: Limitation?
        /// Grows with each change of anything.
        public var version: Int64

        /// Makes the answer.
        public init(programmeId: UUID, termsId: UUID, termsNumber: Int, limitation: Limitation?, version: Int64) {
            self.programmeId = programmeId
            self.termsId = termsId
            self.termsNumber = termsNumber
            self.limitation = limitation
            self.version = version
        }
    }
}

extension ProgrammeTerms {
    /// The most values that are sold.
    public static let denominationsMax = 50
    /// The most cities that terms can name.
    public static let citiesMax = 100
    /// What a single voucher can be worth, in minor units.
    public static let values: ClosedRange<Int64> = 100...1_000_000

    /// Notes every mistake in the terms.
    func check(_ checks: inout Checks) {
        checks.require(["EUR", "HUF"].contains(currency), "terms.currency", "must be EUR or HUF")
        checkAmounts(&checks)
        checks.require(
            (vat == .singlePurpose) == (vatRate != nil), "terms.vatRate",
            "belongs to a single-purpose voucher, and to no other")
        if let vatRate {
            checks.require(Checks.isCountry(vatRate.country), "terms.vatRate.country", "must be two capital letters")
            checks.require(
                (0...10_000).contains(vatRate.basisPoints), "terms.vatRate.basisPoints", "must be 0 to 10000")
        }
        if let validity {
            checks.require((1...1_200).contains(validity.months), "terms.validity.months", "must be 1 to 1200")
        }
        if let acceptedIn {
            checks.require(
                (1...Self.citiesMax).contains(acceptedIn.count), "terms.acceptedIn", "must be 1 to \(Self.citiesMax)")
            checks.require(Set(acceptedIn).count == acceptedIn.count, "terms.acceptedIn", "has one twice")
        }
        checks.require(
            redeemableForCash || giftsRedeemableForCash != true, "terms.giftsRedeemableForCash",
            "belongs to vouchers that are redeemable for cash")
        checks.require(
            vat == .multiPurpose || acceptedIn != nil, "terms.acceptedIn",
            "a single-purpose voucher names the cities that take it")
    }

    private func checkAmounts(_ checks: inout Checks) {
        let (lowest, highest) = (Self.values.lowerBound, Self.values.upperBound)
        let field = "terms.denominations"
        checks.require(
            !denominations.isEmpty || openAmounts != nil, field, "must have one, or there must be open amounts")
        checks.require(denominations.count <= Self.denominationsMax, field, "must be at most \(Self.denominationsMax)")
        checks.require(zip(denominations, denominations.dropFirst()).allSatisfy(<), field, "must rise")
        checks.require(
            denominations.allSatisfy(Self.values.contains), field, "must be \(lowest) to \(highest) minor units")
        if let openAmounts {
            checks.require(
                lowest <= openAmounts.from && openAmounts.from <= openAmounts.to && openAmounts.to <= highest,
                "terms.openAmounts", "must lie within \(lowest) to \(highest) minor units, from no more than to")
        }
    }
}

extension Checks {
    /// Whether a text looks like a country of ISO 3166-1.
    static func isCountry(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}

/// A programme is so now: `vouchers.programme-set.v1` (state).
public struct ProgrammeSet: AuditedEvent {
    /// `vouchers.programme-set.v1`.
    public static let type = MessageType(.vouchers, .event, "programme-set")

    /// The programme with its terms.
    public var programme: Programme
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(_ programme: Programme) {
        self.programme = programme
        version = programme.version
    }

    /// Messages about one programme keep their order.
    public var orderingKey: String? { programme.programmeId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The programme.
    public var auditedId: UUID { programme.programmeId }
}

/// Finds programmes, page by page in the order of ids: `vouchers.find-programmes.v1`.
public struct FindProgrammes: Query {
    /// `vouchers.find-programmes.v1`.
    public static let type = MessageType(.vouchers, .query, "find-programmes")

    /// Of one city; of all if absent.
    public var issuerCityId: UUID?
    /// Only those whose vouchers are sold on this day; whether they are or not if absent.
    public var soldOn: Day?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(issuerCityId: UUID? = nil, soldOn: Day? = nil, limit: Int? = nil, after: UUID? = nil) {
        self.issuerCityId = issuerCityId
        self.soldOn = soldOn
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page of programmes.
    public struct Reply: Codable, Equatable, Sendable {
        /// The programmes with their present terms.
        public var programmes: [Programme]
        /// What to send as `after` for the next page; absent on the last.
        public var next: UUID?

        /// Makes a page.
        public init(programmes: [Programme], next: UUID?) {
            self.programmes = programmes
            self.next = next
        }
    }
}

/// Gets a programme, and all terms that it ever had, the newest first: `vouchers.get-programme.v1`.
///
/// Refused with `programme-unknown`.
public struct GetProgramme: Query {
    /// `vouchers.get-programme.v1`.
    public static let type = MessageType(.vouchers, .query, "get-programme")

    /// The programme.
    public var programmeId: UUID
    /// How many terms; 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Int?

    /// Makes the query.
    public init(programmeId: UUID, limit: Int? = nil, after: Int? = nil) {
        self.programmeId = programmeId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        if let after { checks.require((1...Int(Int32.max)).contains(after), "after", "is no number of terms") }
        try checks.finish()
    }

    /// The programme and a page of its terms.
    public struct Reply: Codable, Equatable, Sendable {
        /// Terms that were or are in force.
        public struct Version: Codable, Equatable, Sendable {
            /// What vouchers keep.
            public var termsId: UUID
            /// 1 and up.
            public var number: Int
            /// The terms.
            public var terms: ProgrammeTerms
            /// How long the money can be claimed; for ever if absent.
            public var limitation: Limitation?
            /// Since when they were sold.
            public var madeAt: Timestamp

            /// Makes a version.
            public init(
                termsId: UUID, number: Int, terms: ProgrammeTerms, limitation: Limitation?, madeAt: Timestamp
            ) {
                self.termsId = termsId
                self.number = number
                self.terms = terms
                self.limitation = limitation
                self.madeAt = madeAt
            }
        }

        /// The programme as it is now.
        public var programme: Programme
        /// Its terms, the newest first.
        public var versions: [Version]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Int?

        /// Makes the answer.
        public init(programme: Programme, versions: [Version], next: Int?) {
            self.programme = programme
            self.versions = versions
            self.next = next
        }
    }
}

extension Catalogue {
    static let programmes = Group(
        requests: [Entry(SetProgramme.self), Entry(FindProgrammes.self), Entry(GetProgramme.self)],
        events: [ProgrammeSet.self])
}
