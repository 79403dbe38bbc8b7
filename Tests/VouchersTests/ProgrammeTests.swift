import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Programmes as they are set, and what the law and the tax allow.
@Suite struct ProgrammeTests {
    private static let now = Timestamp(milliseconds: 1_796_113_800_000)
    private static let (weiz, hartberg, ptuj, lenti) = (UUID(), UUID(), UUID(), UUID())
    private static let cities = [
        KnownCity(cityId: weiz, country: "AT"), KnownCity(cityId: hartberg, country: "AT"),
        KnownCity(cityId: ptuj, country: "SI"), KnownCity(cityId: lenti, country: "HU"),
    ]
    private static let policies = [
        ExpiryPolicy(country: "AT", limitation: Limitation(years: 30)),
        ExpiryPolicy(country: "SI", validityMonthsMin: 60), ExpiryPolicy(country: "HU", validityRequired: true),
    ]

    private func programmes(_ known: [Programme] = []) -> Programmes {
        Programmes(cities: Self.cities, policies: Self.policies, known: known)
    }

    private func command(
        _ city: UUID = Self.weiz, id: UUID = UUID(), _ terms: ProgrammeTerms = Self.tens, version: Int64? = nil
    ) -> SetProgramme {
        SetProgramme(programmeId: id, issuerCityId: city, name: "Gutschein", terms: terms, expectedVersion: version)
    }

    private static let tens = ProgrammeTerms(currency: "EUR", denominations: [1_000])

    private static func singlePurpose(in cities: [UUID], _ country: String, _ basisPoints: Int = 2_000)
        -> ProgrammeTerms
    {
        ProgrammeTerms(
            currency: "EUR", denominations: [1_000], vat: .singlePurpose,
            vatRate: VATRate(country: country, basisPoints: basisPoints), acceptedIn: cities)
    }

    private func refusal(_ decision: ProgrammeDecision) -> String? {
        if case .refused(let refusal) = decision { refusal.problem.code } else { nil }
    }

    @Test func theLawOfTheIssuersCountryDecides() {
        var generator = SeededGenerator(seed: 1)
        func terms(_ months: Int?) -> ProgrammeTerms {
            var terms = Self.tens
            terms.validity = months.map { PrintedValidity(months: $0) }
            return terms
        }
        let cases: [(UUID, Int?, String?)] = [
            (Self.weiz, nil, nil), (Self.weiz, 1, nil), (Self.ptuj, nil, nil), (Self.ptuj, 59, "validity-too-short"),
            (Self.ptuj, 60, nil), (Self.lenti, nil, "validity-missing"), (Self.lenti, 1, nil),
            (UUID(), nil, "city-unknown"),
        ]
        var programmes = programmes()
        for (city, months, code) in cases {
            let decision = programmes.set(command(city, terms(months)), at: Self.now, using: &generator)
            #expect(refusal(decision) == code, "\(months ?? 0)")
        }
        #expect(programmes.changes.count == 5)
        var lawless = Programmes(cities: Self.cities, policies: [], known: [])
        #expect(refusal(lawless.set(command(), at: Self.now, using: &generator)) == "policy-unknown")
        var unheard = Programmes(
            cities: [KnownCity(cityId: Self.weiz, country: nil)], policies: Self.policies, known: [])
        #expect(refusal(unheard.set(command(), at: Self.now, using: &generator)) == "city-unknown")
    }

    @Test func aSinglePurposeVoucherIsNeverWidened() {
        var generator = SeededGenerator(seed: 2)
        var programmes = programmes()
        let (id, both) = (UUID(), [Self.weiz, Self.hartberg])
        func set(_ terms: ProgrammeTerms, _ version: Int64?) -> String? {
            refusal(programmes.set(command(id: id, terms, version: version), at: Self.now, using: &generator))
        }
        #expect(set(Self.singlePurpose(in: [Self.weiz, Self.ptuj], "AT"), nil) == "vat-widened")
        #expect(set(Self.singlePurpose(in: both, "SI"), nil) == "vat-widened")
        #expect(set(Self.singlePurpose(in: [Self.weiz], "AT"), nil) == nil)
        #expect(set(Self.singlePurpose(in: both, "AT"), 1) == nil, "the same country and rate")
        #expect(set(Self.singlePurpose(in: both + [Self.ptuj], "AT"), 2) == "vat-widened")
        #expect(set(Self.singlePurpose(in: both, "AT", 1_000), 2) == "vat-differs")
        #expect(set(Self.singlePurpose(in: [Self.ptuj], "SI"), 2) == "vat-differs")
        #expect(set(Self.tens, 2) == "vat-differs")
    }

    @Test func newTermsHaveANewIdAndTheOldAreKept() throws {
        var generator = SeededGenerator(seed: 3)
        var programmes = programmes()
        let first = command()
        guard case .changed(let made) = programmes.set(first, at: Self.now, using: &generator) else {
            Issue.record("not made")
            return
        }
        #expect(made.termsNumber == 1 && made.version == 1 && made.limitation == Limitation(years: 30))
        #expect(programmes.set(first, at: Self.now, using: &generator) == .repeated(made))
        var renamed = first
        renamed.name = "Einkaufsgutschein"
        #expect(refusal(programmes.set(renamed, at: Self.now, using: &generator)) == "programme-differs")
        renamed.expectedVersion = 1
        guard case .changed(let named) = programmes.set(renamed, at: Self.now, using: &generator) else {
            Issue.record("not renamed")
            return
        }
        #expect(named.termsId == made.termsId && named.termsNumber == 1 && named.version == 2)
        #expect(programmes.set(renamed, at: Self.now, using: &generator) == .repeated(named))
        var other = renamed
        other.terms.denominations = [1_000, 2_000]
        #expect(refusal(programmes.set(other, at: Self.now, using: &generator)) == "version-differs")
        other.expectedVersion = 2
        guard case .changed(let revised) = programmes.set(other, at: Self.now, using: &generator) else {
            Issue.record("not revised")
            return
        }
        #expect(revised.termsId != made.termsId && revised.termsNumber == 2 && revised.version == 3)
        #expect(programmes.newTerms.map(\.termsId) == [made.termsId, revised.termsId])
        other.issuerCityId = Self.hartberg
        #expect(refusal(programmes.set(other, at: Self.now, using: &generator)) == "programme-unknown")
    }

    @Test func anotherLawMakesOtherTermsOnlyWhereTheyAreAskedFor() {
        var generator = SeededGenerator(seed: 4)
        var programmes = programmes()
        var command = command()
        guard case .changed(let made) = programmes.set(command, at: Self.now, using: &generator) else {
            Issue.record("not made")
            return
        }
        let law = ExpiryPolicy(country: "AT", limitation: Limitation(years: 20))
        var later = Programmes(cities: Self.cities, policies: [law], known: [made])
        #expect(later.set(command, at: Self.now, using: &generator) == .repeated(made))
        command.expectedVersion = 1
        guard case .changed(let revised) = later.set(command, at: Self.now, using: &generator) else {
            Issue.record("not revised")
            return
        }
        #expect(revised.limitation == Limitation(years: 20) && revised.termsNumber == 2)
        #expect(later.set(command, at: Self.now, using: &generator) == .repeated(revised))
    }

    /// Random commands: versions and numbers grow by one, terms are written once, and what is refused changes nothing.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func versionsGrowByOne(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var programmes = programmes()
        var present: [UUID: Programme] = [:]
        let ids = [UUID(), UUID()]
        for _ in 0..<200 {
            let terms = ProgrammeTerms(
                currency: "EUR", denominations: [[1_000], [2_000]].randomElement(using: &generator) ?? [],
                validity: Bool.random(using: &generator) ? PrintedValidity(months: 60) : nil)
            let id = ids.randomElement(using: &generator) ?? UUID()
            let expected = [nil, present[id]?.version, 1].randomElement(using: &generator) ?? nil
            let city = [Self.weiz, Self.weiz, Self.ptuj].randomElement(using: &generator) ?? Self.weiz
            let command = command(city, id: id, terms, version: expected)
            let before = present[id]
            switch programmes.set(command, at: Self.now, using: &generator) {
            case .changed(let programme):
                #expect(programme.version == (before?.version ?? 0) + 1)
                #expect((programme.termsId != before?.termsId) == (before?.terms != programme.terms))
                present[id] = programme
            case .repeated(let programme): #expect(programme == before)
            case .refused: break
            }
        }
        #expect(programmes.changes == present.values.sorted { $0.programmeId < $1.programmeId })
        let keys = programmes.newTerms.map { "\($0.programmeId) \($0.termsNumber)" }
        #expect(Set(keys).count == keys.count && keys.count > 10)
    }

    @Test func theContractNamesEveryMistake() {
        func fields(_ change: (inout ProgrammeTerms) -> Void) -> Set<String> {
            var terms = Self.tens
            change(&terms)
            do {
                try command(Self.weiz, terms).validate()
                return []
            } catch {
                return Set((error.fields ?? [:]).keys)
            }
        }
        #expect(fields { _ in }.isEmpty)
        #expect(fields { $0.denominations = [] } == ["terms.denominations"])
        #expect(fields { $0.denominations = [2_000, 1_000] } == ["terms.denominations"])
        #expect(fields { $0.denominations = [1_000, 1_000] } == ["terms.denominations"])
        #expect(fields { $0.denominations = [99] } == ["terms.denominations"])
        #expect(fields { $0.openAmounts = AmountRange(from: 2_000, to: 1_000) } == ["terms.openAmounts"])
        #expect(fields { $0.openAmounts = AmountRange(from: .min, to: .max) } == ["terms.openAmounts"])
        #expect(fields { $0.currency = "USD" } == ["terms.currency"])
        #expect(fields { $0.validity = PrintedValidity(months: 0) } == ["terms.validity.months"])
        #expect(fields { $0.acceptedIn = [] } == ["terms.acceptedIn"])
        #expect(fields { $0.vatRate = VATRate(country: "AT", basisPoints: 0) } == ["terms.vatRate"])
        #expect(fields { $0.vat = .singlePurpose } == ["terms.vatRate", "terms.acceptedIn"])
        #expect(
            fields { $0 = Self.singlePurpose(in: [UUID()], "at", -1) } == [
                "terms.vatRate.country", "terms.vatRate.basisPoints",
            ])
    }
}

/// Programmes on a real database, and vouchers issued under them.
@Suite(.timeLimit(.minutes(2)))
struct ProgrammeHandlerTests {
    private func command(_ shop: Shop, validity: PrintedValidity? = PrintedValidity(months: 12)) -> SetProgramme {
        SetProgramme(
            programmeId: UUID(), issuerCityId: shop.city, name: "8-Städte-Gutschein",
            terms: ProgrammeTerms(
                currency: "EUR", denominations: [1_000, 2_500], openAmounts: AmountRange(from: 5_000, to: 9_999),
                validity: validity, acceptedIn: [shop.city]))
    }

    @Test func everyStatementOfProgrammesFitsTheSchema() async throws {
        try await Shop.open { shop in
            let mistakes = try await shop.bench.mistakes(in: [
                LockProgrammes(ids: []), ReadProgrammes(ids: []), SearchProgrammes(query: FindProgrammes(), max: 1),
                ReadTermsVersions(programmeId: UUID(), before: 1, max: 1), WriteProgrammes(programmes: []),
                InsertTerms(programmes: [], now: Date()), ReadCountries(ids: []), ReadExpiryPolicies(),
            ])
            #expect(mistakes == [])
        }
    }

    @Test func theSeededPoliciesAreThoseThatWereRead() async throws {
        try await Shop.open { shop in
            let policies = try await shop.bench.database.execute(ReadExpiryPolicies()).sorted {
                $0.country < $1.country
            }
            #expect(
                policies == [
                    ExpiryPolicy(country: "AT", limitation: Limitation(years: 30)),
                    ExpiryPolicy(country: "DE", limitation: Limitation(years: 3, toEndOfYear: true)),
                    ExpiryPolicy(country: "HU", validityRequired: true),
                    ExpiryPolicy(country: "SI", validityMonthsMin: 60),
                ])
        }
    }

    @Test func aProgrammeIsSetRevisedAndFound() async throws {
        try await Shop.open { shop in
            let first = command(shop)
            let made = try await shop.bench.run(SetProgrammes(), [first, first])
            #expect(try made.reply(0, to: SetProgramme.self) == made.reply(1, to: SetProgramme.self))
            let event = try #require(try made.events(ProgrammeSet.self).first)
            #expect(try made.events(ProgrammeSet.self).count == 1)
            #expect(event.programme.terms == first.terms && event.programme.limitation == Limitation(years: 30))

            var revised = first
            revised.terms.denominations = [1_000]
            revised.terms.acceptedIn = nil
            revised.soldUntil = Day("2040-12-31")
            revised.expectedVersion = 1
            let second = try await shop.bench.run(SetProgrammes(), [revised])
            #expect(try second.reply(to: SetProgramme.self).termsNumber == 2)
            #expect(try await shop.bench.run(SetProgrammes(), [first]).problem()?.code == "programme-differs")
            let others = SetProgramme(
                programmeId: UUID(), issuerCityId: UUID(), name: "X", terms: first.terms)
            let unknown = try await shop.bench.run(SetProgrammes(), [others]).problem()
            #expect(unknown?.code == "city-unknown" && unknown?.retryable == true)

            let got = try await shop.bench.ask(
                GetProgrammeByID(), GetProgramme(programmeId: first.programmeId, limit: 1))
            #expect(got.programme == (try second.events(ProgrammeSet.self).first?.programme))
            #expect(got.versions.map(\.terms) == [revised.terms] && got.next == 2)
            let older = try await shop.bench.ask(
                GetProgrammeByID(), GetProgramme(programmeId: first.programmeId, after: got.next))
            #expect(older.versions.map(\.terms) == [first.terms] && older.next == nil)
            await #expect(throws: Problem.programmeUnknown) {
                try await shop.bench.ask(GetProgrammeByID(), GetProgramme(programmeId: UUID()))
            }
            let audited = try await shop.bench.audit(of: VouchersService.self)
            #expect(audited.map(\.auditedId) == [first.programmeId, first.programmeId])
        }
    }

    @Test func programmesAreFoundPageByPage() async throws {
        try await Shop.open { shop in
            var commands = (0..<3).map { _ in command(shop) }
            commands[1].soldUntil = Day("2020-12-31")
            _ = try await shop.bench.run(SetProgrammes(), commands)
            let ids = commands.map(\.programmeId).sorted()
            func find(_ query: FindProgrammes) async throws -> FindProgrammes.Reply {
                try await shop.bench.ask(FindProgrammesOfCities(), query)
            }
            let page = try await find(FindProgrammes(issuerCityId: shop.city, limit: 2))
            let rest = try await find(FindProgrammes(issuerCityId: shop.city, limit: 2, after: page.next))
            #expect((page.programmes + rest.programmes).map(\.programmeId) == ids && rest.next == nil)
            #expect(try await find(FindProgrammes(issuerCityId: UUID())).programmes.isEmpty)
            let sold = try await find(FindProgrammes(soldOn: Day("2021-01-01")))
            #expect(!sold.programmes.map(\.programmeId).contains(commands[1].programmeId))
            #expect(sold.programmes.count == 2)
            #expect(try await find(FindProgrammes(soldOn: Day("2020-12-31"))).programmes.count == 3)
        }
    }

    @Test func termsAreNeverChanged() async throws {
        try await Shop.open { shop in
            _ = try await shop.bench.run(SetProgrammes(), [command(shop)])
            for sql in ["UPDATE terms SET currency = 'HUF'", "DELETE FROM terms"] {
                await #expect(throws: PostgresError.self) {
                    try await shop.bench.database.withConnection { try await $0.runScript(sql) }
                }
            }
        }
    }

    @Test func twoAtOnceMakeOneProgramme() async throws {
        try await Shop.open(connections: 4) { shop in
            let first = command(shop)
            var other = first
            other.name = "Another"
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for index in 0..<8 {
                    let command = index % 2 == 0 ? first : other
                    group.addTask { try await shop.bench.run(SetProgrammes(), [command]).problem()?.code }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.filter { $0 == nil }.count == 4 && codes.filter { $0 == "programme-differs" }.count == 4)
        }
    }

    @Test func aVoucherKeepsTheTermsThatItWasIssuedUnder() async throws {
        try await Shop.open { shop in
            let programme = command(shop)
            let set = try await shop.bench.run(SetProgrammes(), [programme]).reply(to: SetProgramme.self)
            let issue = IssueVoucher(
                issueId: UUID(), issuerCityId: shop.city, value: Money(2_500, "EUR"),
                programmeId: programme.programmeId)
            let sold = try #require(Day("2026-12-01"))
            let noon = try #require(Timestamp("2026-12-01T12:00:00Z"))
            let issued = try await shop.bench.run(shop.issue, [issue], at: noon.date)
            let reply = try issued.reply(to: IssueVoucher.self)
            #expect(reply.validUntil == sold.adding(months: 12))
            let event = try #require(try issued.events(VoucherIssued.self).first)
            #expect(event.termsId == set.termsId && event.programmeId == programme.programmeId)
            #expect(event.validUntil == reply.validUntil)

            var revised = programme
            revised.terms.validity = nil
            revised.expectedVersion = 1
            _ = try await shop.bench.run(SetProgrammes(), [revised])
            let read = try await shop.bench.database.execute(ReadVouchersByID(ids: [reply.voucherId]))
            #expect(read.map(\.termsId) == [set.termsId])
            #expect(read.map(\.lapsesAfter) == [sold.adding(months: 360)])
            #expect(read.map(\.acceptedIn) == [[shop.city]])
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func anIssueUnderAProgrammeIsRepeatedAndOtherContentRefused() async throws {
        try await Shop.open { shop in
            let programmes = [command(shop), command(shop, validity: nil)]
            _ = try await shop.bench.run(SetProgrammes(), programmes)
            let issue = IssueVoucher(
                issueId: UUID(), issuerCityId: shop.city, value: Money(2_500, "EUR"),
                programmeId: programmes[0].programmeId)
            let first = try await shop.bench.run(shop.issue, [issue, issue])
            #expect(try first.reply(0, to: IssueVoucher.self) == first.reply(1, to: IssueVoucher.self))
            let again = try await shop.bench.run(shop.issue, [issue])
            #expect(try again.reply(to: IssueVoucher.self) == first.reply(to: IssueVoucher.self))
            var others = [issue, issue]
            others[0].programmeId = programmes[1].programmeId
            others[1].programmeId = nil
            let differs = try await shop.bench.run(shop.issue, others)
            #expect([0, 1].map { differs.problem($0)?.code } == ["issue-differs", "issue-differs"])
        }
    }

    @Test func onlyWhatAProgrammeOffersIsIssued() async throws {
        try await Shop.open { shop in
            var closed = command(shop)
            closed.soldUntil = Day("2020-12-31")
            let programme = command(shop)
            _ = try await shop.bench.run(SetProgrammes(), [programme, closed])
            func issue(_ amount: Int64, _ id: UUID, _ currency: String = "EUR") -> IssueVoucher {
                IssueVoucher(
                    issueId: UUID(), issuerCityId: shop.city, value: Money(amount, currency), programmeId: id)
            }
            let outcome = try await shop.bench.run(
                shop.issue,
                [
                    issue(1_000, programme.programmeId), issue(9_999, programme.programmeId),
                    issue(1_001, programme.programmeId), issue(1_000, programme.programmeId, "HUF"),
                    issue(1_000, closed.programmeId), issue(1_000, UUID()),
                ])
            #expect(
                (0..<6).map { outcome.problem($0)?.code } == [
                    nil, nil, "amount-not-offered", "amount-not-offered", "programme-closed", "programme-unknown",
                ])
            #expect(try outcome.events(IssueRefused.self).count == 4)
            // Another city's programme is answered like none.
            let facts = CityRegistered(Shop.facts(UUID(), "fehring"), version: 1)
            _ = try await shop.bench.run(KeepCities(), [facts], user: "cities")
            var strange = issue(1_000, programme.programmeId)
            strange.issuerCityId = facts.city.cityId
            #expect(try await shop.bench.run(shop.issue, [strange]).problem()?.code == "programme-unknown")
            #expect(try await shop.ledger().vouchers == 2)
        }
    }
}
