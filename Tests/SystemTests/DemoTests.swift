import Contracts
import Foundation
import ManagementAPI
import Messaging
import TestKit
import Testing

extension SystemTests {
    /// The story of the suite, as `infra/up` has it told.
    @Suite("Demo", .serialized, .running("demo", .cities, .vouchers, .events, .notifications))
    struct DemoTests {
        @Test("the story is told to its end, twice, by the operator and a till of its own")
        func story() async throws {
            let system = try System.required
            let before = try await redemptions(system)
            for _ in 0...1 {
                let told = try await Program.run(
                    "\(system.programs)/citycoop", ["demo"],
                    environment: system.operatorEnvironment.merging(["NOTIFICATIONS_MAIL_FOLDER": system.mailFolder]) {
                        $1
                    })
                #expect(told.status == 0, "\(told.output)")
                #expect(told.output.contains("The till logs in as till-pri-mostu"))
                #expect(told.output.contains("sends a table of shops: 3 join"))
                #expect(told.output.contains("Line 4 waits for its shop: iban is not an IBAN"))
                #expect(told.output.contains("finds Cukrászda Napraforgó"))
            }
            let topics = try await system.servers.management.topicPermissions(in: system.name)
            #expect(topics.filter { $0.user == "till-pri-mostu" }.count == 1)
            try await Client.with(system) { client in
                let merchants = try await client.call(FindMerchants(text: "lendava")).merchants
                #expect(merchants.count == 3 && merchants.allSatisfy { $0.version == 1 })
            }
            #expect(try await redemptions(system) == before + 4, "two in each story, and a repeat is none")
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
