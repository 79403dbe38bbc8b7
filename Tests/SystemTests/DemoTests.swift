import Contracts
import Foundation
import ManagementAPI
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// The story of the suite, as `infra/up` has it told.
    @Suite("Demo", .serialized, .running("demo", .cities, .vouchers, .events, .notifications))
    struct DemoTests {
        @Test("the story is told to its end, again and again, by the operator and a till of its own")
        func story() async throws {
            let system = try System.required
            let before = try await redemptions(system)
            for telling in 0...2 {
                let told = try await tell(system)
                #expect(told.contains("The till logs in as till-pri-mostu"))
                #expect(told.contains("sends a table of shops: 3 join"))
                #expect(told.contains("Line 4 waits for its shop: iban is not an IBAN"))
                #expect(told.contains("finds Cukrászda Napraforgó"))
                #expect(told.contains("gets a new code") && told.contains("with what was left: 60.20 EUR"))
                #expect(told.contains("The printer's key opens it: 100 codes") && told.contains("good for 10.00 EUR"))
                #expect(told.contains("taken back") && told.contains("Weiz owes Lendava "))
                #expect(told.contains("citycoop ledger verify finds it whole"))
                let isClosing = told.contains("their settlement is closed for ever")
                #expect(isClosing == (telling == 1), "\(told)")
                if isClosing {
                    #expect(told.contains("Weiz's file for its bank is well-formed XML: 2 payments"))
                    #expect(told.contains("Lendava's file for its bank is well-formed XML: 1 payment"))
                }
                if telling == 0 { try await letTwoDaysPass(system) }
            }
            let topics = try await system.servers.management.topicPermissions(in: system.name)
            #expect(topics.filter { $0.user == "till-pri-mostu" }.count == 1)
            try await Client.with(system) { client in
                let merchants = try await client.call(FindMerchants(text: "lendava")).merchants
                #expect(merchants.count == 3 && merchants.allSatisfy { $0.version == 1 })
                try await expectOneClosedRun(client)
            }
            #expect(try await redemptions(system) == before + 9, "three in each story, and a repeat is none")
        }

        private func tell(_ system: System) async throws -> String {
            try await Program.output(
                "\(system.programs)/citycoop", ["demo"],
                environment: system.operatorEnvironment.merging([
                    "NOTIFICATIONS_MAIL_FOLDER": system.mailFolder, "VOUCHERS_FILE_FOLDER": system.mailFolder,
                ]) { $1 })
        }

        /// What was spent and taken back, and the run that is open, move into the past: a test cannot wait for a day's end.
        ///
        /// Two days, or a test that runs in the first quarter of an hour of a day could close nothing.
        private func letTwoDaysPass(_ system: System) async throws {
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "system tests", limits: .migrating)
            try await connection.runScript(
                """
                UPDATE redemption SET redeemed_at = redeemed_at - interval '2 days';
                UPDATE reversal SET reversed_at = reversed_at - interval '2 days';
                ALTER TABLE settlement_line DISABLE TRIGGER assigned;
                UPDATE settlement_line SET happened_at = happened_at - interval '2 days';
                ALTER TABLE settlement_line ENABLE TRIGGER assigned;
                UPDATE settlement_run SET until_day = until_day - 2 WHERE state = 'prepared';
                """)
            await connection.close()
        }

        /// The first telling's run is closed and its payments are its sums; the open one goes on where it ends.
        private func expectOneClosedRun(_ client: Client) async throws {
            let runs = try await client.call(FindSettlements()).settlements
            #expect(runs.map(\.state) == [.prepared, .closed])
            #expect(runs.first?.period.from == runs.last?.period.until)
            let run = try #require(runs.last)
            let settlement = try await client.call(GetSettlement(runId: run.runId))
            let total = try #require(settlement.totals.first)
            #expect(settlement.totals.count == 1 && total.paidOut == total.redeemed - total.reversed)
            let clearing = settlement.pairs.reduce(0) { $0 + abs($1.owes - $1.isOwed) }
            #expect(settlement.pairs.count == 1 && clearing > 0)
            #expect(settlement.debtors.reduce(0) { $0 + $1.sum } == total.paidOut + clearing)
            #expect(settlement.debtors.map(\.payouts).sorted() == [1, 2])
            for debtor in settlement.debtors {
                let file = try await client.call(
                    GetPaymentFile(runId: run.runId, cityId: debtor.cityId, currency: "EUR", format: .pain001))
                #expect(file.sum == debtor.sum && file.parts == 1)
                let parsed = try await Program.run(
                    "/usr/bin/xmllint",
                    ["--nonet", "--xpath", "string(//*[local-name()='GrpHdr']/*[local-name()='CtrlSum'])", "-"],
                    input: Array(file.content.revealed.utf8))
                #expect(parsed.status == 0, "\(parsed.output)")
                let cents = parsed.output.filter { $0.isNumber }
                #expect(Int64(cents) == debtor.sum)
            }
        }

        private func redemptions(_ system: System) async throws -> Int64 {
            try await Client.with(system) { try await $0.call(GetLedger()).redemptions }
        }

        @Test("without the management API the operator redeems in place of the till")
        func withoutManagement() async throws {
            let system = try System.required
            var environment = system.operatorEnvironment
            environment["CITYCOOP_MANAGEMENT_URL"] = ""
            let told = try await Program.run("\(system.programs)/citycoop", ["demo"], environment: environment)
            #expect(told.status == 0, "\(told.output)")
            #expect(told.output.contains("the operator redeems in place of the till"))
        }
    }
}
