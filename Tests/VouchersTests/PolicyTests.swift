import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// What is fixed by country, as values.
@Suite struct PolicyDecisionTests {
    /// Random commands against a model: a change grows the version by one, a repeat nothing, and the id stays.
    @Test func versionsGrowWithChangesAlone() {
        var generator = SeededGenerator()
        var model: [FeeVATRate.Key: FeeVATRate] = [:]
        for _ in 0..<200 {
            var policies = Policies(Array(model.values))
            var touched: Set<FeeVATRate.Key> = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let command = SetFeeVATRate(
                    country: ["AT", "SI"].randomElement(using: &generator) ?? "AT",
                    firstDay: Day(number: .random(in: 20_000...20_003, using: &generator)),
                    basisPoints: [1_000, 2_000].randomElement(using: &generator) ?? 0)
                let settled = ["AT": Day(number: 20_002)]
                let wanted = command.rate(UUID())
                let known = model[wanted.key]
                switch policies.set(wanted, unless: command.refusal(settled: settled)) {
                case .same(let rate): #expect(rate == known && rate.basisPoints == command.basisPoints)
                case .refused(let refusal):
                    #expect(refusal == .rateSettled(before: Day(number: 20_002)) && command.country == "AT")
                    #expect(command.firstDay < Day(number: 20_002) && known?.basisPoints != command.basisPoints)
                case .set(let rate):
                    #expect(rate.version == (known?.version ?? 0) + 1 && rate.basisPoints == command.basisPoints)
                    #expect(known.map { $0.policyId == rate.policyId } ?? true)
                    model[rate.key] = rate
                    touched.insert(rate.key)
                }
            }
            #expect(Set(policies.changes.map(\.key)) == touched && policies.changes.count == touched.count)
            #expect(policies.changes.allSatisfy { model[$0.key] == $0 })
        }
    }

    @Test func contractsNameWhatIsWrong() {
        func fields(_ command: some Command) -> Set<String> {
            do {
                try command.validate()
                return []
            } catch { return Set((error.fields ?? [:]).keys) }
        }
        let day = Day(number: 20_000)
        let euro = Money(1, "EUR")
        #expect(fields(SetFeeVATRate(country: "at", firstDay: day, basisPoints: 20)) == ["country", "basisPoints"])
        #expect(fields(SetFeeVATRate(country: "AT", firstDay: day, basisPoints: 0)) == [])
        #expect(
            fields(SetFeeVATRate(country: "AT", firstDay: Day(number: -1_000_000), basisPoints: 2_000)) == ["firstDay"])
        #expect(fields(SetBenefitCap(country: "AT", fromYear: 26, cap: euro)) == ["fromYear"])
        #expect(fields(SetBenefitCap(country: "AT", fromYear: 2026, cap: Money(0, "USD"))) == ["cap"])
        #expect(fields(SetLimitedNetwork(country: "AT", limit: euro, warnPercent: 0)) == ["warnPercent"])
        func expiry(_ least: Int?, _ years: Int?) -> Set<String> {
            fields(
                SetExpiryPolicy(
                    country: "SI", validityMonthsMin: least, validityRequired: true,
                    limitation: years.map { Limitation(years: $0) }))
        }
        #expect(expiry(60, 5) == [] && expiry(61, 5) == ["limitation.years"] && expiry(nil, nil) == [])
        #expect(expiry(.min, .max) == ["validityMonthsMin", "limitation.years"] && expiry(.max, .min).count == 2)
    }
}

/// What is fixed by country, on a real database.
@Suite(.timeLimit(.minutes(2)))
struct PolicyTests {
    private static let today = Day(of: Timestamp(Date()))
    private static var year: Int { Int(today.date.components.year) }

    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let mistakes = try await shop.bench.mistakes(in: [
                LockPolicies(), SearchPolicyCountries(query: FindPolicies(), max: 1), ReadFeeVATRates(countries: []),
                ReadSettledDays(countries: []), WriteFeeVATRates(rates: []), ReadExpiryRules(countries: []),
                WriteExpiryRules(rules: []), ReadBenefitCaps(countries: []), WriteBenefitCaps(caps: []),
                ReadLimitedNetworkLimits(countries: []), WriteLimitedNetworkLimits(limits: []),
            ])
            #expect(mistakes == [])
        }
    }

    @Test func whatSourcesSayIsThereAndRatesAreNot() async throws {
        try await Shop.open { shop in
            let found = try await shop.bench.ask(TellPolicies(), FindPolicies())
            #expect(found.countries.map(\.country) == ["AT", "DE", "HU", "SI"] && found.next == nil)
            #expect(found.countries.allSatisfy { $0.feeVATRates.isEmpty && $0.limitedNetworkLimit != nil })
            let austria = try #require(found.countries.first)
            #expect(austria.expiry?.limitation == Limitation(years: 30))
            #expect(austria.benefitCaps.map(\.cap) == [Money(18_600, "EUR")])
            let first = try await shop.bench.ask(TellPolicies(), FindPolicies(limit: 3))
            #expect(first.countries.count == 3 && first.next == "HU")
            let rest = try await shop.bench.ask(TellPolicies(), FindPolicies(after: first.next))
            #expect(rest.countries == Array(found.countries.suffix(1)))
            // A country with a city and nothing else is told of as well.
            let city = CityRegistered(Shop.facts(UUID(), "cakovec", country: "HR"), version: 1)
            _ = try await shop.bench.run(KeepCities(), [city], user: "cities")
            let croatia = try await shop.bench.ask(TellPolicies(), FindPolicies(country: "HR"))
            #expect(croatia.countries.map(\.expiry) == [nil])
        }
    }

    @Test func aRateHoldsFromItsDayAndIsAudited() async throws {
        try await Shop.open { shop in
            func set(_ points: Int, _ day: Day) async throws -> HandlerBench.Outcome {
                try await shop.bench.run(
                    SetFeeVATRates(),
                    [SetFeeVATRate(country: "AT", firstDay: day, basisPoints: points, reason: "The adviser says so.")])
            }
            let first = try await set(2_000, Self.today.advanced(by: -400))
            let id = try first.reply(to: SetFeeVATRate.self).id
            #expect(try first.events(FeeVATRateSet.self).map(\.rate.version) == [1])
            #expect(first.events.map(\.sequence) == [1])
            #expect(try await set(2_000, Self.today.advanced(by: -400)).events.isEmpty, "a repeat says nothing")
            _ = try await set(1_900, Self.today.advanced(by: -30))
            for later in 0..<12 { _ = try await set(2_100 + later, Self.today.advanced(by: 30 + later)) }
            let corrected = try await set(1_950, Self.today.advanced(by: -30))
            #expect(try corrected.reply(to: SetFeeVATRate.self).version == 2)
            let rates = try await shop.bench.ask(TellPolicies(), FindPolicies(country: "AT")).countries[0].feeVATRates
            #expect(rates.count == FindPolicies.entriesMax && rates.map(\.basisPoints).prefix(2) == [1_950, 2_100])
            let audit = try await shop.bench.audit(of: VouchersService.self)
            #expect(audit.first?.auditedId == id && audit.first?.eventType == FeeVATRateSet.type.description)
            #expect(audit.count == 15 && audit.allSatisfy { $0.person?.actor == "operator" })
            #expect(audit.allSatisfy { $0.person?.reason == "The adviser says so." })
        }
    }

    @Test func twoAtOnceMakeOneRate() async throws {
        try await Shop.open(connections: 4) { shop in
            let ids = try await withThrowingTaskGroup(of: Registered.self) { group in
                for points in [1_000, 2_000, 3_000, 4_000] {
                    group.addTask {
                        let command = SetFeeVATRate(country: "AT", firstDay: Self.today, basisPoints: points)
                        return try await shop.bench.run(SetFeeVATRates(), [command]).reply(to: SetFeeVATRate.self)
                    }
                }
                return try await group.reduce(into: [Registered]()) { $0.append($1) }
            }
            #expect(Set(ids.map(\.id)).count == 1 && Set(ids.map(\.version)) == [1, 2, 3, 4])
        }
    }

    @Test func theLawOnExpiryHoldsForTheNextTerms() async throws {
        try await Shop.open { shop in
            func program(_ id: UUID, _ months: Int, _ version: Int64? = nil) async throws -> HandlerBench.Outcome {
                let terms = ProgrammeTerms(
                    currency: "EUR", denominations: [1_000], validity: PrintedValidity(months: months))
                return try await shop.bench.run(
                    SetProgrammes(),
                    [
                        SetProgramme(
                            programmeId: id, issuerCityId: shop.city, name: "x", terms: terms, expectedVersion: version)
                    ])
            }
            let id = UUID()
            #expect(try await program(id, 12).reply(to: SetProgramme.self).limitation?.years == 30)
            let law = SetExpiryPolicy(
                country: "AT", validityMonthsMin: 24, validityRequired: true,
                limitation: Limitation(years: 10, toEndOfYear: true))
            let set = try await shop.bench.run(SetExpiryPolicies(), [law, law])
            #expect(try set.reply(0, to: SetExpiryPolicy.self).version == 2)
            #expect(try set.events(ExpiryPolicySet.self).count == 1)
            #expect(try await program(id, 12, 1).problem()?.code == "validity-too-short")
            let changed = try await program(id, 24, 1).reply(to: SetProgramme.self)
            #expect(changed.limitation == Limitation(years: 10, toEndOfYear: true) && changed.termsNumber == 2)
        }
    }

    @Test func aCapCountsForTheNextOrdersAndNotForYearsThatArePast() async throws {
        try await Shop.open { shop in
            func set(_ year: Int, _ cents: Int64) async throws -> HandlerBench.Outcome {
                try await shop.bench.run(
                    SetBenefitCaps(), [SetBenefitCap(country: "AT", fromYear: year, cap: Money(cents, "EUR"))])
            }
            #expect(try await set(Self.year - 1, 1).problem()?.code == "year-past")
            #expect(try await set(Self.year + 1, 30_000).problem() == nil)
            #expect(try await set(Self.year, 20_000).problem() == nil)
            #expect(try await set(Self.year, 19_000).reply(to: SetBenefitCap.self).version == 2)
            let caps = try await shop.bench.ask(TellPolicies(), FindPolicies(country: "AT")).countries[0].benefitCaps
            #expect(caps.map(\.fromYear) == [Self.year, Self.year + 1])
            #expect(caps.map(\.cap.amount) == [19_000, 30_000])
            let read = try await shop.bench.database.execute(ReadBenefitPolicies(cities: [shop.city]))
            let inForce = read.filter { $0.fromYear <= Self.year }.max { $0.fromYear < $1.fromYear }
            #expect(inForce?.cap == 19_000)
        }
    }

    @Test func aClosedRunKeepsItsRateAndNoOtherTakesItsDays() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let month = Period(from: Self.today.advanced(by: -70), until: Self.today.advanced(by: -40))
            let voucher = try await street.issued(10_000, by: 0)
            let noon = month.from.advanced(by: 3).start.date.addingTimeInterval(43_200)
            try await street.spend(voucher, 4_000, at: street.towns[0].merchants[1], on: noon)
            let run = UUID()
            _ = try await street.prepare(run, month)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            // Until somebody closes it, the rate can be corrected.
            #expect(try await street.setRate("AT", 1_000, from: month.from).problem() == nil)
            _ = try await street.close(run)
            #expect(try await street.setRate("AT", 1_100, from: month.from).problem()?.code == "rate-settled")
            _ = try await street.work()
            let before = try await street.settlement(run)
            #expect(before.run.state == .closed && before.totals.map(\.feeVAT) == [7])
            let until = try #require(month.until)
            let refused = try await street.setRate("AT", 1_100, from: until.advanced(by: -1)).problem()
            #expect(refused?.code == "rate-settled" && refused?.fields?["firstDay"]?.contains("\(until)") == true)
            #expect(try await street.setRate("AT", 1_000, from: month.from).problem() == nil, "it is so already")
            #expect(try await street.setRate("AT", 1_100, from: until).problem() == nil)
            #expect(try await street.setRate("SI", 1_100, from: month.from).problem() == nil, "no run has used it")
            #expect(try await street.settlement(run) == before)
        }
    }

    /// A database of before, with rates that nobody has touched, one that was, and one that a closed run has used.
    @Test func ratesWithoutASourceGoWhereNobodyHasUsedThem() async throws {
        let schema = VouchersDefinition.schema
        let before = MigrationSet(
            name: schema.name, version: 10, minCompatible: 1, migrations: Array(schema.migrations.prefix(10)))
        try await withScratchDatabase(migrations: [MessagingSchema.migrations, before]) { address in
            let connection = try await Connection.connect(to: address, name: "before")
            try await connection.runScript(
                """
                UPDATE fee_vat_rate SET basis_points = 2800 WHERE country = 'HU';
                INSERT INTO city (city_id, slug, version, country) VALUES
                    (md5('AT')::uuid, 'weiz', 1, 'AT'), (md5('SI')::uuid, 'ptuj', 1, 'SI');
                INSERT INTO settlement_run (run_id, from_day, until_day, state, execute_on, made_at, closed_at)
                VALUES (md5('closed')::uuid, '2026-10-01', '2026-11-01', 'booking', '2026-11-05', now(), NULL);
                INSERT INTO settlement_statement (statement_id, run_id, merchant_id, city_id, currency, redemptions, redeemed,
                    reversals, reversed, fee_basis_points, fee, fee_vat_basis_points, fee_vat, carried_in, due, outcome)
                VALUES (md5('1')::uuid, md5('closed')::uuid, md5('m')::uuid, md5('AT')::uuid, 'EUR', 1, 1000, 0, 0, 100, 10, 2000,
                        2, 0, 988, 'payout'),
                    (md5('2')::uuid, md5('closed')::uuid, md5('n')::uuid, md5('SI')::uuid, 'EUR', 1, 1000, 0, 0, 0, 0, 2200,
                        0, 0, 1000, 'payout');
                UPDATE settlement_run SET state = 'closed', closed_at = now();
                """)
            await connection.close()
            try await Migrator(address, sets: [MessagingSchema.migrations, schema]).migrate()
            let after = try await Connection.connect(to: address, name: "after")
            let rates = try await after.execute(ReadFeeVATRates(countries: ["AT", "DE", "HU", "SI"]))
            await after.close()
            #expect(rates.map(\.country) == ["AT", "HU"] && rates.map(\.basisPoints) == [2_000, 2_800])
            #expect(rates.allSatisfy { $0.version == 1 } && Set(rates.map(\.policyId)).count == 2)
        }
    }
}
