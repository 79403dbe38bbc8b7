import Contracts
import Foundation
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// A stream of redemptions on two instances of vouchers while everything that can go wrong does.
    @Suite("Faults", .serialized)
    struct FaultTests {
        /// Whether this is the run that a release has to pass, and not the sample of it in every run.
        static let isLong = ProcessInfo.processInfo.environment["CITYCOOP_FAULTS"] == "long"

        @Test("whatever fails, every confirmed command has exactly one effect")
        func faults() async throws {
            let seed = SeededGenerator.chosenSeed
            try await run(seed, name: "faults", deliveryLimit: nil)
        }

        @Test("a delivery limit of 20 loses nothing either", .enabled(if: isLong))
        func faultsWithLowDeliveryLimit() async throws {
            let seed = SeededGenerator.chosenSeed &+ 1
            try await run(seed, name: "limited", deliveryLimit: 20)
        }

        private func run(_ seed: UInt64, name: String, deliveryLimit: Int?) async throws {
            print("fault run \(name): CITYCOOP_TEST_SEED=\(seed)")
            var generator = SeededGenerator(seed: seed)
            let plan = Self.isLong ? Fault.long(55, &generator) : Fault.short(&generator)
            let system = try await System.install(name, on: try PrivateServers.required)
            if let deliveryLimit { try await system.setDeliveryLimit(deliveryLimit) }
            let story = FaultStory(
                system: system, seed: seed, plan: plan, commands: Self.isLong ? 60_000 : 9_000,
                perSecond: 200, mayDeadLetter: deliveryLimit != nil)
            do {
                try await story.tell(&generator)
            } catch {
                Issue.record("CITYCOOP_TEST_SEED=\(seed): \(error)")
            }
        }
    }
}

extension SeededGenerator {
    /// The seed of `CITYCOOP_TEST_SEED`, or one by chance.
    static var chosenSeed: UInt64 {
        let given = ProcessInfo.processInfo.environment["CITYCOOP_TEST_SEED"].flatMap { UInt64($0) }
        return given ?? UInt64.random(in: 0...99_999_999)
    }
}
