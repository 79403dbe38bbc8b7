import Contracts
import Foundation
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// Schemas are brought up to date by several at once, some of whom do not live to see the end.
    @Suite("Migrations", .serialized)
    struct MigrationTests {
        @Test("four instances migrate one empty database at once, each service its own")
        func atOnce() async throws {
            let system = try await System.install("migrations", on: try PrivateServers.required)
            for service in ServiceName.allCases {
                try await system.emptyDatabase(of: service)
                try await withThrowingDiscardingTaskGroup { group in
                    for _ in 0..<4 { group.addTask { try await system.migrate(service) } }
                }
            }
        }

        @Test("a migration that is killed is done by the next one")
        func killed() async throws {
            let seed = SeededGenerator.chosenSeed
            var generator = SeededGenerator(seed: seed)
            let system = try await System.install("killed", on: try PrivateServers.required)
            for _ in 0..<6 {
                try await system.emptyDatabase(of: .vouchers)
                let process = Process()
                process.executableURL = URL(filePath: system.program(.vouchers))
                process.arguments = ["migrate"]
                let environment = system.environment(of: .vouchers, httpPort: 1)
                process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.runUnblocked()
                try await Task.sleep(for: .milliseconds(Int.random(in: 10...150, using: &generator)))
                kill(process.processIdentifier, SIGKILL)
                try await eventually("the end of the process") { !process.isRunning }
                try await system.migrate(.vouchers)
            }
            let instance = try ServiceProcess(.vouchers, of: system)
            let cities = try ServiceProcess(.cities, of: system)
            try instance.start()
            try cities.start()
            do {
                try await instance.waitUntilReady()
            } catch {
                Issue.record("CITYCOOP_TEST_SEED=\(seed): \(error)")
            }
            try await instance.kill()
            try await cities.kill()
        }
    }
}
