import Contracts
import Foundation
import Postgres
import Synchronization
import TestKit
import Testing

extension SystemTests {
    /// An old and a new version side by side, and instances that are replaced one after the other.
    @Suite("Upgrades", .serialized)
    struct UpgradeTests {
        @Test("an older version works on a schema that a newer one expanded, and starts no more when it is not for it")
        func expandAndContract() async throws {
            let system = try await System.install("upgrade", on: try PrivateServers.required)
            try await RunningServices.during([.cities, .vouchers], of: system) { _ in
                try await Client.with(system) { client in
                    let card = try await client.sampleCard()
                    let before = try await client.balance(of: card)
                    let version = try await schemaVersion(system)
                    let paid = try await pay(card, client, atLeast: 50) {
                        try await migrate(system, to: version + 1, minCompatible: 1, Self.expansion)
                    }
                    #expect(try await client.balance(of: card) == before - Int64(paid))
                    try await startAnother(system)
                    try await migrate(system, to: version + 2, minCompatible: version + 1, Self.contraction)
                    // The instance that runs was there first; what it needs is gone when the next release contracts.
                    for command in ["run", "migrate", "check"] {
                        let refused = try await tell(system, command)
                        #expect(refused.status == 1)
                        #expect(refused.output.contains("needs version \(version + 1) or later, this is \(version)"))
                    }
                }
            }
        }

        @Test("instances are replaced one after the other, and no till notices")
        func rolling() async throws {
            let system = try await System.install("rolling", on: try PrivateServers.required)
            let second = try ServiceProcess(.vouchers, number: 2, of: system)
            try second.start()
            try await RunningServices.during([.cities, .vouchers], of: system) { running in
                try await second.waitUntilReady()
                async let tills = Program.run(
                    "\(system.programs)/citycoop", ["bench", "steady", "--rate", "40", "--seconds", "20", "--json"],
                    environment: system.operatorEnvironment)
                try await Client.with(system) { client in
                    try await eventually("the first payments") {
                        try await client.call(GetLedger()).redemptions > 10
                    }
                }
                for instance in [try running.instance(.vouchers), second, try running.instance(.cities)] {
                    let end = try await instance.stop()
                    #expect(end.status == 0)
                    try instance.start()
                    try await instance.waitUntilReady()
                }
                let result = try await tills
                #expect(result.status == 0, "\(result.output)")
                #expect(result.output.contains(#""failed":0"#) && result.output.contains(#""askedAgain":0"#))
            }
            try await second.kill()
        }

        // MARK: A newer version

        /// What a newer version adds: nothing that the older one would have to know.
        private static let expansion = """
            ALTER TABLE voucher ADD COLUMN added_later text;
            ALTER TABLE voucher ADD COLUMN counted_later integer NOT NULL DEFAULT 0;
            CREATE TABLE added_later (id bigint PRIMARY KEY);
            CREATE INDEX voucher_added_later ON voucher (added_later) WHERE added_later IS NOT NULL;
            """
        /// What the version after that takes away.
        private static let contraction = "DROP TABLE added_later"

        private func schemaVersion(_ system: System) async throws -> Int {
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "upgrade", limits: .migrating)
            let versions = try await connection.execute(ReadSchemaVersion())
            await connection.close()
            return try #require(versions.first)
        }

        private func migrate(_ system: System, to version: Int, minCompatible: Int, _ sql: String) async throws {
            let step = Migration(number: version, name: "later", sql: sql)
            let set = MigrationSet(
                name: "vouchers", version: version, minCompatible: minCompatible, migrations: [step])
            let applied = try await Migrator(system.database(.vouchers), sets: [set]).migrate()
            #expect(applied.map(\.number) == [version])
        }

        /// Pays cent by cent while `body` runs, and on until so many payments are made; each is answered.
        private func pay(
            _ card: Card, _ client: Client, atLeast count: Int, while body: @escaping @Sendable () async throws -> Void
        ) async throws -> Int {
            let isOver = Mutex(false)
            async let change: Void = {
                defer { isOver.withLock { $0 = true } }
                try await body()
            }()
            var (paid, afterwards) = (0, 0)
            while afterwards < count {
                if isOver.withLock({ $0 }) { afterwards += 1 }
                let payment = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(card.code), merchantId: SampleShop.merchant,
                    amount: Money(1, "EUR"))
                _ = try await client.call(payment)
                paid += 1
            }
            try await change
            return paid
        }

        private func startAnother(_ system: System) async throws {
            let fits = try await tell(system, "check")
            #expect(fits.status == 0 && fits.output.contains("the schema fits"), "\(fits.output)")
            // An older `migrate` finds nothing to do, and takes nothing back.
            try await system.migrate(.vouchers)
            let another = try ServiceProcess(.vouchers, number: 2, of: system)
            try another.start()
            try await another.waitUntilReady()
            #expect(try await another.stop().status == 0)
        }

        private func tell(_ system: System, _ command: String) async throws -> Program.Result {
            try await Program.run(
                system.program(.vouchers), [command],
                environment: system.environment(of: .vouchers, httpPort: try Loopback.freePort()))
        }
    }
}

/// The version that the vouchers' tables have.
private struct ReadSchemaVersion: Statement {
    static let sql = "SELECT version FROM schema_version WHERE set = 'vouchers'"

    static func row(_ columns: inout Columns) throws -> Int {
        try columns.next()
    }
}
