public import FoundationEssentials

/// Hours of one day of the week, in the local time of the place.
public struct OpeningHours: Codable, Hashable, Sendable {
    /// 1 is Monday, 7 is Sunday.
    public var weekday: Int
    /// `HH:MM`.
    public var from: String
    /// `HH:MM`, later than `from`; `24:00` is midnight.
    public var until: String

    /// Makes hours.
    public init(weekday: Int, from: String, until: String) {
        self.weekday = weekday
        self.from = from
        self.until = until
    }

    /// Minutes since midnight, `nil` for what is no time of day.
    public static func minutes(_ text: String) -> Int? {
        let letters = Array(text.utf8)
        let digits = letters.map { Int($0) - 0x30 }
        guard letters.count == 5, letters[2] == 0x3A, [0, 1, 3, 4].allSatisfy({ (0...9).contains(digits[$0]) }) else {
            return nil
        }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[3] * 10 + digits[4])
        return hours < 24 && minutes < 60 || hours == 24 && minutes == 0 ? hours * 60 + minutes : nil
    }

    /// What is wrong with a week's hours, `nil` if nothing is.
    public static func mistake(in week: [OpeningHours]) -> String? {
        guard (1...28).contains(week.count) else { return "must be 1 to 28, or left out" }
        var spans: [Range<Int>] = []
        for hours in week {
            guard (1...7).contains(hours.weekday) else { return "weekday must be 1 (Monday) to 7 (Sunday)" }
            guard let from = minutes(hours.from), let until = minutes(hours.until), from < until else {
                return "must be HH:MM from and until, one after the other"
            }
            let day = hours.weekday * 24 * 60
            spans.append(day + from..<day + until)
        }
        spans.sort { $0.lowerBound < $1.lowerBound }
        let overlap = zip(spans, spans.dropFirst()).contains { $0.upperBound > $1.lowerBound }
        return overlap ? "must not overlap" : nil
    }
}

/// A postal address in the form that payments ask for.
public struct PostalAddress: Codable, Hashable, Sendable {
    /// Street and number, where there are any.
    public var street: String?
    /// As the country writes it.
    public var postalCode: String
    /// The town.
    public var town: String
    /// ISO 3166-1 alpha-2.
    public var country: String

    /// Makes an address.
    public init(street: String? = nil, postalCode: String, town: String, country: String) {
        self.street = street
        self.postalCode = postalCode
        self.town = town
        self.country = country
    }

    func check(_ checks: inout Checks, _ field: String) {
        if let street { checks.text(street, "\(field).street", max: 70) }
        checks.text(town, "\(field).town", max: 70)
        checks.text(postalCode, "\(field).postalCode", max: 12)
        checks.require(["AT", "SI", "HU"].contains(country), "\(field).country", "must be AT, SI or HU")
        checks.require(
            postalCode.utf8.count == 4 && postalCode.utf8.allSatisfy { (0x30...0x39).contains($0) },
            "\(field).postalCode", "must have 4 digits")
    }
}

/// A place of business of a merchant.
public struct MerchantBranch: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var branchId: UUID
    /// What tells it from the others.
    public var name: String?
    /// Where it is on the map.
    public var position: Position?
    /// Where it is.
    public var address: PostalAddress
    /// The week's hours; unknown if absent.
    public var openingHours: [OpeningHours]?

    /// Makes a branch.
    public init(
        branchId: UUID, name: String? = nil, position: Position? = nil, address: PostalAddress,
        openingHours: [OpeningHours]? = nil
    ) {
        self.branchId = branchId
        self.name = name
        self.position = position
        self.address = address
        self.openingHours = openingHours
    }

    /// Notes every mistake in the fields.
    public func check(_ checks: inout Checks, _ field: String) {
        if let name { checks.text(name, "\(field).name", max: 140) }
        if let position { checks.onEarth(position, "\(field).position") }
        address.check(&checks, "\(field).address")
        if let mistake = openingHours.flatMap(OpeningHours.mistake) {
            checks.require(false, "\(field).openingHours", mistake)
        }
    }
}

/// A till of a merchant.
public struct MerchantTerminal: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var terminalId: UUID
    /// What the merchant calls it.
    public var name: String

    /// Makes a terminal.
    public init(terminalId: UUID, name: String) {
        self.terminalId = terminalId
        self.name = name
    }
}

/// What is known of a merchant, except its bank account.
public struct MerchantFacts: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var merchantId: UUID
    /// Where the merchant is; never changes.
    public var cityId: UUID
    /// As it stands over the door.
    public var name: String
    /// NACE revision 2.
    public var category: String?
    /// With the country's letters.
    public var vatId: String?
    /// The days on which the merchant takes part.
    public var contract: Period?
    /// What the cooperation keeps of each redemption, in hundredths of a percent.
    public var feeBasisPoints: Int?
    /// Places of business.
    public var branches: [MerchantBranch]
    /// Tills.
    public var terminals: [MerchantTerminal]
    /// Whom to speak to; who that is, only notifications knows.
    public var contactPersonId: UUID?

    /// The most places of business of one merchant.
    public static let branchesMax = 20
    /// The most tills of one merchant.
    public static let terminalsMax = 100

    /// Makes a merchant.
    public init(
        merchantId: UUID, cityId: UUID, name: String, category: String? = nil, vatId: String? = nil,
        contract: Period? = nil, feeBasisPoints: Int? = nil, branches: [MerchantBranch] = [],
        terminals: [MerchantTerminal] = [], contactPersonId: UUID? = nil
    ) {
        self.merchantId = merchantId
        self.cityId = cityId
        self.name = name
        self.category = category
        self.vatId = vatId
        self.contract = contract
        self.feeBasisPoints = feeBasisPoints
        self.branches = branches
        self.terminals = terminals
        self.contactPersonId = contactPersonId
    }

    /// Notes every mistake in the fields.
    public func check(_ checks: inout Checks) {
        checks.text(name, "name", max: 140)
        if let category {
            checks.require(NACECode.isValid(category), "category", "must be a code of NACE rev. 2, as 47.61")
        }
        if let vatId {
            checks.require(VATNumber.isValid(vatId), "vatId", "is not a VAT number of AT, SI or HU")
        }
        if let contract { checks.period(contract, "contract") }
        if let feeBasisPoints {
            checks.require((0...10_000).contains(feeBasisPoints), "feeBasisPoints", "must be 0 to 10000")
        }
        let branchesFit = branches.count <= Self.branchesMax && Set(branches.map(\.branchId)).count == branches.count
        checks.require(branchesFit, "branches", "must be at most \(Self.branchesMax), each with an id of its own")
        for branch in branches.prefix(Self.branchesMax) { branch.check(&checks, "branches") }
        let terminalsFit =
            terminals.count <= Self.terminalsMax && Set(terminals.map(\.terminalId)).count == terminals.count
        checks.require(terminalsFit, "terminals", "must be at most \(Self.terminalsMax), each with an id of its own")
        for terminal in terminals.prefix(Self.terminalsMax) { checks.text(terminal.name, "terminals", max: 100) }
    }
}

extension Checks {
    /// Requires a point on the earth.
    mutating func onEarth(_ value: Position, _ field: String) {
        require(
            (-90...90).contains(value.latitude) && (-180...180).contains(value.longitude), field,
            "is not on the earth")
    }

    /// Requires an account number, where there is one.
    mutating func account(_ value: Secret?) {
        if let value { require(IBAN(value.revealed) != nil, "iban", "is not an IBAN") }
    }

    /// Requires a reason that is not too long, where there is one.
    mutating func statedReason(_ value: String?) {
        if let value { require(value.utf8.count <= 500, "reason", "must have at most 500 bytes") }
    }
}
