import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit

@testable import vouchers

/// A shop and its city, with two more: Austria, Slovenia and Hungary, each with two merchants and an account.
struct Street: Sendable {
    struct Town: Sendable {
        var cityId: UUID
        var country: String
        var merchants: [UUID]
    }

    let shop: Shop
    var towns: [Town]

    var bench: HandlerBench { shop.bench }
    var merchants: [UUID] { towns.flatMap(\.merchants) }

    static let ibans = [
        "AT": "AT611904300234573201", "SI": "SI56263300012039086", "HU": "HU42117730161111101800000000",
    ]

    static func open(_ body: (Street) async throws -> Void) async throws {
        try await Shop.open { shop in
            var street = Street(shop: shop, towns: [])
            for (country, slug) in [("AT", "gleisdorf"), ("SI", "ptuj"), ("HU", "szentgotthard")] {
                try await street.settle(country, slug)
            }
            try await body(street)
        }
    }

    private mutating func settle(_ country: String, _ slug: String) async throws {
        let town = Town(cityId: UUID(), country: country, merchants: [UUID(), UUID()])
        let facts = CityFacts(
            cityId: town.cityId, slug: slug, names: [CityName(language: "de", name: slug, kind: .official)],
            country: country, nuts3: "AT224", lau: "1", geoNamesId: towns.count + 2,
            position: Position(latitude: 47, longitude: 16),
            population: Population(value: 1, date: nil, scope: .municipality, verified: false),
            timeZone: "Europe/Vienna", currency: "EUR")
        _ = try await bench.run(KeepCities(), [CityRegistered(facts, version: 1)], user: "cities")
        let history = MembershipHistory([MembershipEntry(from: Day("2000-01-01") ?? Day(number: 0), state: .active)])
        _ = try await bench.run(
            KeepMemberships(), [MembershipChanged(cityId: town.cityId, history: history, version: 1)], user: "cities")
        let merchants = town.merchants.enumerated().map { index, id in
            MerchantRegistered(
                MerchantFacts(
                    merchantId: id, cityId: town.cityId, name: "Őrség & Söhne \(index)", feeBasisPoints: index * 175),
                version: 1)
        }
        _ = try await bench.run(KeepMerchants(), merchants, user: "cities")
        towns.append(town)
    }

    /// The rates of tax on fees, as an administrator sets them; any will do.
    static let rates = ["AT": 2_000, "SI": 2_200, "HU": 2_700]

    func setRate(_ country: String, _ basisPoints: Int, from day: Day) async throws -> HandlerBench.Outcome {
        try await bench.run(
            SetFeeVATRates(), [SetFeeVATRate(country: country, firstDay: day, basisPoints: basisPoints)])
    }

    /// What a run needs to be closed: accounts of the cities, and rates.
    func setAccounts() async throws {
        for town in towns {
            _ = try await setRate(
                town.country, Self.rates[town.country] ?? 0, from: Day("2000-01-01") ?? Day(number: 0))
            _ = try await bench.run(
                SetSettlementAccounts(seal: shop.seal),
                [
                    SetSettlementAccount(
                        cityId: town.cityId, name: "Stadt \(town.country)",
                        iban: Secret(Self.ibans[town.country] ?? ""),
                        address: PostalAddress(postalCode: "9220", town: "Lendava", country: town.country))
                ])
        }
    }

    /// What the registry tells; merchants of `without` have no account.
    func answer(_ asked: [AskMerchantAccounts], without: Set<UUID> = []) async throws {
        let country = Dictionary(towns.flatMap { town in town.merchants.map { ($0, town.country) } }) { first, _ in
            first
        }
        let told = asked.map { ask in
            TakeMerchantAccounts(
                accounts: ask.merchantIds.map { id in
                    MerchantAccount(
                        merchantId: id, name: "Őrség & Söhne",
                        iban: without.contains(id) ? nil : Secret(Self.ibans[country[id] ?? ""] ?? ""), address: nil,
                        version: 1)
                })
        }
        _ = try await bench.run(KeepMerchantAccounts(seal: shop.seal), told, user: "cities")
    }

    func issued(_ amount: Int64, by town: Int, _ currency: String = "EUR") async throws -> IssueVoucher.Reply {
        let command = IssueVoucher(
            issueId: UUID(), issuerCityId: towns[town].cityId, value: Money(amount, currency))
        return try await bench.run(shop.issue, [command]).reply(to: IssueVoucher.self)
    }

    @discardableResult
    func spend(_ voucher: IssueVoucher.Reply, _ amount: Int64, at merchant: UUID, on time: Date) async throws -> UUID {
        var command = shop.redemption(voucher, amount)
        command.merchantId = merchant
        let outcome = try await bench.run(shop.redeem, [command], at: time)
        return try outcome.reply(to: RedeemVoucher.self).redemptionId
    }

    /// Takes back a part of a redemption, as a reversal does: a row, and an entry.
    func takeBack(_ redemptionId: UUID, _ amount: Int64, on time: Date) async throws {
        let id = UUID()
        let found = try await bench.database.execute(ReadRedemptions(ids: [redemptionId]))
        guard case .redeemed(let redemption)? = found.first?.outcome else { throw CancellationError() }
        let entry = LedgerEntry(
            .init(.reversal, id), at: Timestamp(time), moving: Money(amount, redemption.amount.currency),
            debit: .merchantPayable(redemption.merchantId), credit: .voucher(redemption.voucherId))
        try await bench.database.withConnection {
            try await $0.runScript(
                """
                UPDATE voucher SET balance = balance + \(amount) WHERE voucher_id = '\(redemption.voucherId.text)';
                UPDATE redemption SET reversed = reversed + \(amount) WHERE redemption_id = '\(redemptionId.text)';
                INSERT INTO reversal (reversal_id, redemption_id, voucher_id, merchant_id, city_id, amount, remaining,
                    reversed_at)
                VALUES ('\(id.text)', '\(redemptionId.text)', '\(redemption.voucherId.text)',
                    '\(redemption.merchantId.text)', '\(redemption.cityId.text)', \(amount), 0, '\(Timestamp(time))')
                """)
        }
        _ = try await bench.database.execute(WritePostings(entries: [entry], now: time))
    }

    /// Does all the work there is for runs; each piece is undone `undone` times before it is committed, as after a crash.
    func work(undone: Int = 0) async throws -> [HandlerBench.Outcome] {
        var outcomes: [HandlerBench.Outcome] = []
        while true {
            for _ in 0..<undone { _ = try await bench.run(SettleRuns(), end: .undone) }
            let (hasMore, outcome) = try await bench.run(SettleRuns())
            outcomes.append(outcome)
            if !hasMore { return outcomes }
        }
    }

    func prepare(_ runId: UUID, _ period: Period) async throws -> HandlerBench.Outcome {
        try await bench.run(PrepareSettlements(), [PrepareSettlement(runId: runId, period: period)])
    }

    func close(_ runId: UUID) async throws -> HandlerBench.Outcome {
        try await bench.run(
            CloseSettlements(), [CloseSettlement(runId: runId, executeOn: Day(of: Timestamp(Date())).advanced(by: 1))])
    }

    func settlement(_ runId: UUID) async throws -> GetSettlement.Reply {
        try await bench.ask(GetSettlementByID(), GetSettlement(runId: runId))
    }

    func file(_ runId: UUID, _ city: UUID, _ currency: String = "EUR", _ format: PaymentFormat = .pain001) async throws
        -> GetPaymentFile.Reply
    {
        try await bench.ask(
            GivePaymentFile(seal: shop.seal),
            GetPaymentFile(runId: runId, cityId: city, currency: currency, format: format))
    }
}

/// Counts what no run has, and what the runs have in all.
struct CountLines: Statement {
    struct Row: Sendable, Equatable {
        var redemptions: Int64
        var reversals: Int64
        var lines: Int64
        /// Owed to merchants, as the journal says.
        var payable: Int64
        /// Redemptions and reversals without a run.
        var unassigned: Int64
        /// What the last run has left to the next, and what came back.
        var carried: Int64
    }

    static let sql = """
        SELECT (SELECT count(*) FROM redemption), (SELECT count(*) FROM reversal), (SELECT count(*) FROM settlement_line),
            (SELECT coalesce(-sum(amount), 0)::bigint FROM posting WHERE account = 'merchant-payable'),
            (SELECT coalesce(sum(amount), 0)::bigint FROM redemption
                WHERE redemption_id NOT IN (SELECT line_id FROM settlement_line))
            - (SELECT coalesce(sum(amount), 0)::bigint FROM reversal
                WHERE reversal_id NOT IN (SELECT line_id FROM settlement_line)),
            (SELECT coalesce(sum(amount), 0)::bigint FROM settlement_carry WHERE into_run_id IS NULL)
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            redemptions: try columns.next(), reversals: try columns.next(), lines: try columns.next(),
            payable: try columns.next(), unassigned: try columns.next(), carried: try columns.next())
    }
}
