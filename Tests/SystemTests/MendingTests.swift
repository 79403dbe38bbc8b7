import AMQP
import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// What an operator does when messages have failed, with the tool that operators have.
    @Suite("Mending", .serialized, .running("mending", .cities, .vouchers))
    struct MendingTests {
        /// A voucher cannot be written while this stands: the handler fails, and nobody knows why.
        private static let spoil = """
            CREATE FUNCTION spoiled() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''the disk of this table is broken''; END';
            CREATE TRIGGER spoiled BEFORE INSERT ON voucher FOR EACH ROW EXECUTE FUNCTION spoiled();
            """
        private static let mend = "DROP TRIGGER spoiled ON voucher; DROP FUNCTION spoiled()"

        @Test("a typing error is found, edited with its secret in place, and runs under its editor's name")
        func edit() async throws {
            let system = try System.required
            try await Client.with(system) { client in
                let card = try await client.sampleCard()
                let redeem = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(card.code), merchantId: SampleShop.merchant,
                    amount: Money(100, "EUR"))
                let text = String(decoding: try JSONEncoder().encode(redeem), as: UTF8.self)
                let id = UUID().uuidString
                try await client.publish(
                    Array(text.replacing("EUR", with: "GBP").utf8), as: RedeemVoucher.type.description,
                    Properties(messageID: id))
                let failure = try await client.failure(of: id).failureId.text
                let shown = try await tool(["dead", "show", failure], system)
                #expect(shown.status == 0 && shown.output.contains("invalid") && shown.output.contains("GBP"))
                #expect(!shown.output.contains(card.code), "\(shown.output)")

                let wrong = try await tool(["dead", "edit", failure, "--set", "amount.currency=CHF"], system)
                #expect(wrong.status == 1 && wrong.output.contains("amount"), "\(wrong.output)")
                let edited = try await tool(
                    ["dead", "edit", failure, "--reason", "a typing error", "--redrive"], system,
                    ["VISUAL": "sed -i s/GBP/EUR/"])
                #expect(edited.status == 0 && edited.output.contains("changed amount.currency"), "\(edited.output)")
                try await eventually("the voucher is redeemed") {
                    try await client.balance(of: card) == card.value - 100
                }
                let revealed = try await tool(
                    ["dead", "show", failure, "--reveal", "--reason", "to be sure"], system)
                #expect(revealed.status == 0 && revealed.output.contains(card.code), "\(revealed.output)")
                for word in ["edit of amount.currency", "redrive by operator", "succeeded", "reveal by operator"] {
                    #expect(revealed.output.contains(word), "\(word) in \(revealed.output)")
                }
                try await expectAudited(
                    failure, ["failure-edited", "failure-redriven", "failure-revealed"], "a typing error", system)
            }
        }

        @Test("a group that a broken table has stopped is redriven at a pace once the table is mended")
        func redrive() async throws {
            let system = try System.required
            try await Client.with(system) { client in
                try await SampleShop.open(client)
                _ = try await client.sampleCard()
                let before = try await client.call(GetLedger()).vouchers
                try await script(Self.spoil, system)
                let commands = (0..<40).map { _ in
                    IssueVoucher(issueId: UUID(), issuerCityId: SampleShop.city, value: Money(1_000, "EUR"))
                }
                for command in commands {
                    try await client.publish(
                        [UInt8](try JSONEncoder().encode(command)), as: IssueVoucher.type.description,
                        Properties(messageID: command.issueId.uuidString))
                }
                // Each has failed three times, and waits half a minute now.
                try await eventually(within: .seconds(60), "all are parked and were tried again") {
                    let parked = try await client.failures(code: "handler-failed")
                    return parked.count == 40 && parked.allSatisfy { $0.state == .parked && $0.attempts == 3 }
                }
                let groups = try await tool(["dead", "groups", "--service", "vouchers"], system)
                #expect(
                    groups.output.contains("40  vouchers  vouchers.issue.v1  handler-failed  parked"),
                    "\(groups.output)")
                try await script(Self.mend, system)

                let chosen = [
                    "--service", "vouchers", "--type", IssueVoucher.type.description, "--code", "handler-failed",
                ]
                let rehearsal = try await tool(["dead", "redrive"] + chosen + ["--dry-run", "--limit", "30"], system)
                #expect(rehearsal.output.contains("30 would be redriven; nothing was changed."), "\(rehearsal.output)")
                let start = ContinuousClock.now
                let redriven = try await tool(
                    ["dead", "redrive"] + chosen + ["--rate", "20", "--limit", "30", "--wait", "--reason", "mended"],
                    system)
                #expect(redriven.status == 0, "\(redriven.output)")
                #expect(redriven.output.contains("vouchers: 30 succeeded, 0 failed again"), "\(redriven.output)")
                #expect(ContinuousClock.now - start > .milliseconds(1_450), "thirty at twenty a second")
                let rest = try await tool(["dead", "redrive"] + chosen + ["--wait"], system)
                #expect(rest.output.contains("vouchers: 10 succeeded"), "\(rest.output)")
                #expect(try await client.call(GetLedger()).vouchers == before + 40)
                #expect(try await client.failures(code: "handler-failed") == [])
                let failed = try await client.call(FindFailures<VouchersService>(state: .done, code: "handler-failed"))
                let one = try #require(failed.failures.last).failureId.text
                try await expectAudited(one, ["failure-redriven"], "mended", system)
            }
        }

        /// Expects acts in the audit of a failure, in their order, and every chain whole.
        private func expectAudited(
            _ failure: String, _ acts: [String], _ reason: String, _ system: System
        ) async throws {
            try await eventually("the acts are sealed") {
                let listed = try await tool(["audit", "list", "vouchers", "--about", failure], system)
                let lines = listed.output.split(separator: "\n").filter { $0.contains("failure-") }
                return lines.count == acts.count && zip(lines, acts).allSatisfy { $0.contains("vouchers.\($1).v1") }
                    && listed.output.contains(reason) && listed.output.contains("operator")
            }
            let verified = try await tool(["audit", "verify", "vouchers"], system)
            #expect(verified.output.contains("vouchers: whole"), "\(verified.output)")
        }

        private func script(_ sql: String, _ system: System) async throws {
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "system tests", limits: .migrating)
            try await connection.runScript(sql)
            await connection.close()
        }

        private func tool(
            _ arguments: [String], _ system: System, _ environment: [String: String] = [:]
        ) async throws -> Program.Result {
            try await Program.run(
                "\(system.programs)/citycoop", arguments,
                environment: system.operatorEnvironment.merging(environment) { $1 })
        }
    }
}
