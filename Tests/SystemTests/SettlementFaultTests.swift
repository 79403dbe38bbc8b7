import Contracts
import Foundation
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// Settlements while the service is killed.
    @Suite("Settlement under faults", .serialized)
    struct SettlementFaultTests {
        private static let merchants = 2_400
        private static let iban = "AT611904300234573201"
        private static let today = Day(of: Timestamp(Date()))
        private static let period = Period(from: today.advanced(by: -40), until: today.advanced(by: -10))
        /// Kills while a run takes in lines, and while it is closed.
        private static let kills = 5

        @Test("killed at any point, a settlement has everything once and pays it once")
        func settle() async throws {
            let seed = SeededGenerator.chosenSeed
            print("settlement under faults: CITYCOOP_TEST_SEED=\(seed)")
            var generator = SeededGenerator(seed: seed)
            let system = try await System.install("settlement", on: try PrivateServers.required)
            try await RunningServices.during([.cities, .vouchers], of: system) { running in
                let vouchers = try running.instance(.vouchers)
                try await Client.with(system) { client in
                    let shop = try await open(client)
                    try await fill(system, shop)
                    let runId = generator.uuid()
                    try await settle(runId, client, vouchers, system, &generator)
                    let audit = try await onDatabase(system) {
                        try await $0.execute(AuditSettlement(runId: runId)).first
                    }
                    let found = try #require(audit)
                    print("  \(found)")
                    #expect(found.settled == found.happened && found.lines == found.settled, "each is in one run")
                    #expect(found.lineSum == found.statementSum && found.happenedSum == found.lineSum)
                    #expect(found.dueSum == found.payoutSum && found.payouts == found.payable)
                    #expect(found.booked == found.statements && found.unbooked == 0)
                    try await files(runId, shop, found.paidSum, client, vouchers)
                    #expect(try await client.failures() == [])
                }
                try await verify(system)
            }
        }

        // MARK: What there is to settle

        /// Two cities with an account each, and many shops of them that can be paid.
        private func open(_ client: Client) async throws -> Shop {
            let shop = try await Shop.open(client, merchants: 2, values: [1_000, 1_000])
            for country in ["AT", "SI"] {
                _ = try await client.call(
                    SetFeeVATRate(country: country, firstDay: Self.period.from, basisPoints: 2_000))
            }
            for city in shop.cities {
                _ = try await client.callUntilKnown(
                    SetSettlementAccount(
                        cityId: city, name: "City", iban: Secret(Self.iban),
                        address: PostalAddress(postalCode: "8160", town: "Weiz", country: "AT")))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.merchants {
                    if number >= 32 { try await group.next() }
                    let facts = MerchantFacts(
                        merchantId: UUID(), cityId: shop.cities[number % 2], name: "Shop \(number)",
                        feeBasisPoints: number % 7 * 25)
                    group.addTask {
                        // The last ones have no account.
                        let iban = number < Self.merchants - 20 ? Secret(Self.iban) : nil
                        _ = try await client.callUntilKnown(RegisterMerchant(facts, iban: iban))
                    }
                }
                try await group.waitForAll()
            }
            return shop
        }

        /// Writes what was sold, spent and taken back in the period and after it, when vouchers knows all shops.
        private func fill(_ system: System, _ shop: Shop) async throws {
            try await eventually(within: .seconds(60), "vouchers to know every shop") {
                try await onDatabase(system) { connection in
                    try await connection.execute(CountMerchants()).first == Int64(Self.merchants + 2)
                }
            }
            try await onDatabase(system) { connection in
                try await connection.runScript(SettlementFilling.script(Self.period, cities: shop.cities))
            }
        }

        // MARK: The run

        private func settle(
            _ runId: UUID, _ client: Client, _ vouchers: ServiceProcess, _ system: System,
            _ generator: inout SeededGenerator
        ) async throws {
            _ = try await client.callUntilKnown(PrepareSettlement(runId: runId, period: Self.period))
            try await kill(vouchers, while: runId, is: [.preparing], system, &generator)
            try await eventually(within: .seconds(120), "every account, and the statements") {
                let settlement = try await client.call(GetSettlement(runId: runId))
                return settlement.run.state == .prepared && settlement.obstacles.isEmpty
            }
            _ = try await client.call(CloseSettlement(runId: runId, executeOn: Self.today.advanced(by: 3)))
            try await kill(vouchers, while: runId, is: [.closing, .booking], system, &generator)
            try await eventually(within: .seconds(120), "the end of the run") {
                try await client.call(GetSettlement(runId: runId)).run.state == .closed
            }
        }

        /// Kills the service at random points of its work on a run, as long as there is some left.
        private func kill(
            _ vouchers: ServiceProcess, while runId: UUID, is states: Set<SettlementState>, _ system: System,
            _ generator: inout SeededGenerator
        ) async throws {
            for number in 0..<Self.kills {
                let before = try await progress(runId, system)
                guard states.contains(before.state) else { return }
                try await eventually(within: .seconds(60), "progress of the run") {
                    try await progress(runId, system) != before
                }
                // Anywhere in a piece: the pause is the point at which it is killed, no wait for anything.
                let pause = Int.random(in: 0...40, using: &generator)
                try await Task.sleep(for: .milliseconds(pause))
                try await vouchers.kill()
                print("  killed \(pause) ms after piece \(number): \(try await progress(runId, system))")
                try vouchers.start()
            }
            try await vouchers.waitUntilReady()
        }

        private func progress(_ runId: UUID, _ system: System) async throws -> ReadSettlementProgress.Row {
            let rows = try await onDatabase(system) { try await $0.execute(ReadSettlementProgress(runId: runId)) }
            return try #require(rows.first)
        }

        // MARK: What came of it

        /// The files of each city are the same to the byte whenever they are asked for, and pay what the run pays.
        private func files(
            _ runId: UUID, _ shop: Shop, _ sum: Int64, _ client: Client, _ vouchers: ServiceProcess
        ) async throws {
            let first = try await files(runId, shop, client)
            #expect(try await files(runId, shop, client) == first)
            try await vouchers.kill()
            try vouchers.start()
            try await vouchers.waitUntilReady()
            #expect(try await files(runId, shop, client) == first)
            #expect(first.count > 2, "more than one file a city")
            #expect(first.reduce(0) { $0 + $1.sum } == sum)
            for file in first {
                let control = try #require(
                    file.content.revealed.firstMatch(of: /<CtrlSum>([0-9]+)\.([0-9]{2})<\/CtrlSum>/))
                #expect(Int64("\(control.1)\(control.2)") == file.sum)
                let payments = file.content.revealed.matches(of: /<InstdAmt Ccy="EUR">([0-9]+)\.([0-9]{2})<\/InstdAmt>/)
                #expect(payments.count == file.payouts)
                #expect(payments.reduce(0) { $0 + (Int64("\($1.1)\($1.2)") ?? 0) } == file.sum)
            }
        }

        private func files(_ runId: UUID, _ shop: Shop, _ client: Client) async throws -> [GetPaymentFile.Reply] {
            var files: [GetPaymentFile.Reply] = []
            for city in shop.cities {
                var part = 1
                repeat {
                    let file = try await client.call(
                        GetPaymentFile(runId: runId, cityId: city, currency: "EUR", format: .pain001, part: part))
                    files.append(file)
                    part += 1
                } while part <= (files.last?.parts ?? 0)
            }
            return files
        }

        /// The ledger is whole once the figures have followed what was written.
        private func verify(_ system: System) async throws {
            var result = try await ledger(system)
            try? await eventually(within: .seconds(90), "a ledger that is whole") {
                result = try await ledger(system)
                return result.status == 0
            }
            print("  \(result.output)")
            #expect(result.status == 0, "\(result.output)")
        }

        private func ledger(_ system: System) async throws -> (status: Int32, output: String) {
            let result = try await Program.run(
                "\(system.programs)/citycoop", ["ledger", "verify"], environment: system.operatorEnvironment)
            return (result.status, result.output)
        }

        private func onDatabase<Value: Sendable>(
            _ system: System, _ body: (Connection) async throws -> Value
        ) async throws -> Value {
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "settlement", limits: .migrating)
            do {
                let value = try await body(connection)
                await connection.close()
                return value
            } catch {
                await connection.close()
                throw error
            }
        }
    }
}

/// A past that is settled: vouchers of two cities, spent in each other's shops, some of it taken back.
private enum SettlementFilling {
    static func script(_ period: Period, cities: [UUID]) -> String {
        let start = "'\(period.from)'::timestamp AT TIME ZONE 'UTC'"
        let ids = cities.map { "'\($0.uuidString)'::uuid" }.joined(separator: ", ")
        return """
            CREATE TEMP TABLE shop AS SELECT merchant_id, city_id, row_number() OVER (ORDER BY merchant_id) - 1 AS place
            FROM merchant;
            CREATE TEMP TABLE spent AS
            SELECT number, gen_random_uuid() AS redemption_id, md5('voucher ' || number % 200)::uuid AS voucher_id,
                1 + number * 37 % 2000 AS amount, \(start) + number * interval '60 seconds' AS redeemed_at, merchant_id, city_id,
                -- One in twenty is taken back in part, and nearly all of what some shops had.
                CASE WHEN place % 100 = 7 THEN number * 37 % 2000 WHEN number % 20 = 0 THEN number * 37 % 2000 / 3 ELSE 0 END
                    AS taken_back
            FROM generate_series(1, 46000) AS number JOIN shop ON place = number % (SELECT count(*) FROM shop);
            BEGIN;
            SET LOCAL lock_timeout = '60s';
            SELECT pg_advisory_xact_lock(hashtext('vouchers'), hashtext('daily-figures'));
            INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup, last_four,
                issued_at)
            SELECT md5('voucher ' || made.number)::uuid, (ARRAY[\(ids)])[1 + made.number % 2], 'EUR', 1000000,
                1000000 - (SELECT sum(amount - taken_back) FROM spent
                    WHERE voucher_id = md5('voucher ' || made.number)::uuid),
                'active', 1, sha256(made.number::text::bytea), 'ABCD', \(start)
            FROM generate_series(0, 199) AS made (number);
            INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id, content,
                redeemed_at, reversed)
            SELECT redemption_id, voucher_id, merchant_id, city_id, amount, 0, 1, sha256(number::text::bytea), redeemed_at,
                taken_back
            FROM spent ORDER BY redeemed_at;
            INSERT INTO reversal (reversal_id, redemption_id, voucher_id, merchant_id, city_id, amount, remaining, reversed_at)
            SELECT gen_random_uuid(), redemption_id, voucher_id, merchant_id, city_id, taken_back, amount - taken_back,
                redeemed_at + interval '1 day'
            FROM spent WHERE taken_back > 0 ORDER BY redeemed_at;
            INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
            SELECT 'issue', md5('issue ' || voucher_id)::uuid, account, owner_id, side * value, 'EUR', issued_at
            FROM voucher CROSS JOIN LATERAL (VALUES ('issuer-cash', issuer_city_id, 1), ('voucher', voucher_id, -1))
                AS line (account, owner_id, side)
            WHERE value = 1000000
            UNION ALL
            SELECT 'redemption', redemption_id, account, owner_id, side * amount, 'EUR', redeemed_at
            FROM spent CROSS JOIN LATERAL (VALUES ('voucher', voucher_id, 1), ('merchant-payable', merchant_id, -1))
                AS line (account, owner_id, side)
            UNION ALL
            SELECT 'reversal', reversal_id, account, owner_id, side * amount, 'EUR', reversed_at
            FROM reversal CROSS JOIN LATERAL (VALUES ('merchant-payable', merchant_id, 1), ('voucher', voucher_id, -1))
                AS line (account, owner_id, side);
            DELETE FROM liability_day;
            DELETE FROM redemption_day;
            DELETE FROM booked_day;
            DELETE FROM report_day;
            UPDATE report_progress SET posted_until = '1970-01-01T00:00:00Z';
            COMMIT
            """
    }
}

/// How many shops vouchers knows.
private struct CountMerchants: Statement {
    static let sql = "SELECT count(*) FROM merchant"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Reads how far a run has come.
private struct ReadSettlementProgress: Statement {
    struct Row: Sendable, Equatable, CustomStringConvertible {
        var state: SettlementState
        var lines: Int64
        var booked: Int64

        var description: String { "\(state), \(lines) lines, \(booked) booked" }
    }

    static let sql = """
        SELECT state, (SELECT count(*) FROM settlement_line WHERE run_id = $1),
            (SELECT count(*) FROM settlement_statement WHERE run_id = $1 AND is_booked)
        FROM settlement_run WHERE run_id = $1
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        let state: String = try columns.next()
        guard let state = SettlementState(rawValue: state) else { throw CancellationError() }
        return Row(state: state, lines: try columns.next(), booked: try columns.next())
    }
}

/// Counts and adds up a closed run from the rows themselves.
private struct AuditSettlement: Statement {
    struct Row: Sendable {
        /// Redemptions and reversals of the period; how many of them the run has; its lines.
        var happened: Int64
        var settled: Int64
        var lines: Int64
        var happenedSum: Int64
        var lineSum: Int64
        /// Statements, with what they add up to before fees.
        var statements: Int64
        var booked: Int64
        var statementSum: Int64
        /// Statements that are paid, and their payments.
        var payable: Int64
        var payouts: Int64
        var dueSum: Int64
        var payoutSum: Int64
        /// Statements that are neither paid nor left to the next run as they say, pairs that are not paid, entries that differ.
        var unbooked: Int64
        /// All payments of the run, those between cities included.
        var paidSum: Int64
    }

    static let sql = """
        WITH run AS (SELECT until_day::timestamp AT TIME ZONE 'UTC' AS until FROM settlement_run WHERE run_id = $1),
        happened AS (
            SELECT 'redemption' AS kind, redemption_id AS id, amount FROM redemption, run WHERE redeemed_at < until
            UNION ALL SELECT 'reversal', reversal_id, -amount FROM reversal, run WHERE reversed_at < until),
        line AS (SELECT kind, line_id AS id, amount FROM settlement_line WHERE run_id = $1),
        said AS (SELECT * FROM settlement_statement WHERE run_id = $1)
        SELECT (SELECT count(*) FROM happened), (SELECT count(*) FROM happened JOIN line USING (kind, id, amount)),
            (SELECT count(*) FROM settlement_line), (SELECT sum(amount)::bigint FROM happened),
            (SELECT sum(amount)::bigint FROM line), (SELECT count(*) FROM said),
            (SELECT count(*) FROM said WHERE is_booked), (SELECT sum(redeemed - reversed)::bigint FROM said),
            (SELECT count(*) FROM said WHERE outcome = 'payout'),
            (SELECT count(*) FROM payout WHERE run_id = $1 AND kind = 'merchant'),
            (SELECT sum(due)::bigint FROM said WHERE outcome = 'payout'),
            (SELECT sum(amount)::bigint FROM payout WHERE run_id = $1 AND kind = 'merchant'),
            (SELECT count(*) FROM said LEFT JOIN payout USING (payout_id) LEFT JOIN settlement_carry ON cause_id = statement_id
                WHERE due <> coalesce(payout.amount, 0) + coalesce(settlement_carry.amount, 0)
                    OR payout.amount IS NOT NULL AND settlement_carry.amount IS NOT NULL OR payout.amount < 0)
            + (SELECT count(*) FROM settlement_pair LEFT JOIN payout USING (payout_id)
                WHERE settlement_pair.run_id = $1 AND abs(owes - is_owed) <> coalesce(payout.amount, 0))
            + (SELECT count(*) FROM said LEFT JOIN (
                    SELECT cause_id, count(DISTINCT posted_at) AS times,
                        sum(amount) FILTER (WHERE account = 'merchant-payable') AS owed_no_more
                    FROM posting WHERE cause = 'settlement' GROUP BY cause_id) AS entry ON cause_id = statement_id
                WHERE times > 1 OR coalesce(owed_no_more, 0)
                    <> fee + fee_vat + CASE outcome WHEN 'payout' THEN due ELSE 0 END),
            (SELECT sum(amount)::bigint FROM payout WHERE run_id = $1)
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            happened: try columns.next(), settled: try columns.next(), lines: try columns.next(),
            happenedSum: try columns.next(), lineSum: try columns.next(), statements: try columns.next(),
            booked: try columns.next(), statementSum: try columns.next(), payable: try columns.next(),
            payouts: try columns.next(), dueSum: try columns.next(), payoutSum: try columns.next(),
            unbooked: try columns.next(), paidSum: try columns.next())
    }
}
