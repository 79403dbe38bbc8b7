import Contracts
import Foundation
import Messaging
import Postgres
import Synchronization
import TestKit
import Testing

extension SystemTests {
    /// A backup under load, and what a restore brings back of it.
    @Suite("Backup", .serialized)
    struct BackupTests {
        /// How often each redemption is booked.
        private struct CountRedemptions: Statement {
            static let sql = "SELECT redemption_id, count(*) FROM redemption GROUP BY redemption_id"

            static func row(_ columns: inout Columns) throws -> (id: UUID, count: Int64) {
                (try columns.next(), try columns.next())
            }
        }

        /// Whose contact is known.
        private struct ReadContacts: Statement {
            static let sql = "SELECT person_id FROM person WHERE email IS NOT NULL"

            static func row(_ columns: inout Columns) throws -> UUID { try columns.next() }
        }

        /// Redemptions that were answered, in the order of their answers.
        private final class Receipts: Sendable {
            private let commands = Mutex<[RedeemVoucher]>([])

            var all: [RedeemVoucher] { commands.withLock { $0 } }

            func add(_ command: RedeemVoucher) { commands.withLock { $0.append(command) } }
        }

        private let ana = UUID()
        private let ben = UUID()

        @Test("everything before the moment is there once, and who was erased since stays erased")
        func backupAndRestore() async throws {
            let (old, new) = (try InstalledSuite("backed-up"), try InstalledSuite("restored"))
            let temporary = FileManager.default.temporaryDirectory
            let place = temporary.appending(path: "citycoop-backup-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: place) }
            try await old.up()
            let (before, after) = try await Client.with(old.broker()) { client in
                try await client.makeKnown([ana, ben])
                return try await backUpUnderLoad(old, "\(place)/one", client)
            }
            #expect(!before.isEmpty && !after.isEmpty)
            try await eraseAndKeepTombstone(of: ana, old, "\(place)/tombstones.jsonl")
            try await refusesWhatDoesNotFit(old, "\(place)/one")
            try old.giveKeys(to: new)
            try await old.wipe()

            let restored = try await new.restore("\(place)/one")
            #expect(restored.status == 0, "\(restored.output)")
            for service in ServiceName.allCases.map(\.rawValue) {
                let erased = service == "notifications" ? 1 : 0
                #expect(restored.output.contains("\(service): 1 tombstones, \(erased) persons erased again"))
            }
            try await expectSound(new, before, after)
            try await new.wipe()
        }

        // MARK: Backing up

        /// Tills redeem before, during and after the backup; returns what was answered before it began, and since it ended.
        private func backUpUnderLoad(
            _ suite: InstalledSuite, _ folder: String, _ client: Client
        ) async throws -> (before: [RedeemVoucher], after: [RedeemVoucher]) {
            let receipts = Receipts()
            let shop = try await Shop.open(client, merchants: 1, values: [1_000_000, 1_000_000, 1_000_000])
            return try await withThrowingTaskGroup(of: Void.self) { tills in
                for card in shop.cards {
                    tills.addTask { try await redeem(card, at: shop.merchants[0], client, receipts) }
                }
                try await eventually(within: .seconds(60), "tills redeem") { receipts.all.count > 100 }
                let before = receipts.all
                let result = try await suite.backup(folder)
                #expect(result.status == 0, "\(result.output)")
                #expect(result.output.contains("all was at rest"), "\(result.output)")
                let during = receipts.all.count
                try await eventually(within: .seconds(60), "tills go on") { receipts.all.count > during + 100 }
                tills.cancelAll()
                while let end = await tills.nextResult() { _ = end }
                try await expectManifest(folder)
                return (before, Array(receipts.all[during...]))
            }
        }

        private func redeem(_ card: Card, at merchant: UUID, _ client: Client, _ receipts: Receipts) async throws {
            while !Task.isCancelled {
                let command = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(card.code), merchantId: merchant, amount: Money(1, "EUR"))
                // A till whose command waits for the end of the pause asks again under its id.
                _ = try await client.callUntilKnown(command, within: .seconds(120))
                receipts.add(command)
            }
        }

        private func expectManifest(_ folder: String) async throws {
            let manifest = try String(contentsOf: URL(filePath: "\(folder)/MANIFEST"), encoding: .utf8)
            for line in [
                "format 1", "at-rest yes", "schema vouchers runtime 6", "key VOUCHERS_CODE_KEY 1 ", "lsn 0/",
                "audit cities:",
            ] {
                #expect(manifest.contains("\n\(line)") || manifest.hasPrefix(line), "\(line) in \(manifest)")
            }
            #expect(!manifest.contains(" messages in the outbox") && !manifest.contains(".events: "), "\(manifest)")
        }

        /// After the backup, so that only the file of tombstones knows of it.
        private func eraseAndKeepTombstone(of person: UUID, _ suite: InstalledSuite, _ file: String) async throws {
            try await Client.with(suite.broker()) { client in
                let request = RequestErasure(requestId: UUID(), personId: person, reason: "asked for by letter")
                _ = try await client.call(request)
                try await eventually(within: .seconds(60), "all four have answered") {
                    try await client.call(GetPrivacyRequest(requestId: request.requestId)).completedAt != nil
                }
            }
            let exported = try await suite.tool(["tombstones", "export"])
            #expect(exported.status == 0)
            try Data(exported.output.utf8).write(to: URL(filePath: file))
        }

        // MARK: Restoring

        /// Nothing is touched where the restore would not be one.
        private func refusesWhatDoesNotFit(_ suite: InstalledSuite, _ folder: String) async throws {
            let full = try await suite.restore(folder)
            #expect(full.status == 1 && full.output.contains("the suite here has data"), "\(full.output)")
            let forgetful = try await suite.restore("--force", "--tombstones", "/nowhere", folder)
            #expect(forgetful.status == 1 && forgetful.output.contains("would come back"), "\(forgetful.output)")
            let key = URL(filePath: "\(suite.state)/secrets/vouchers-code-key")
            let right = try Data(contentsOf: key)
            try Data(Data(repeating: 1, count: 32).base64EncodedString().utf8).write(to: key)
            let locked = try await suite.restore("--force", folder)
            try right.write(to: key)
            #expect(
                locked.status == 1 && locked.output.contains("key 1 of VOUCHERS_CODE_KEY is another one"),
                "\(locked.output)")
            let copy = folder + ".damaged"
            try FileManager.default.copyItem(atPath: folder, toPath: copy)
            let file = try FileHandle(forWritingTo: URL(filePath: "\(copy)/base.tar.gz"))
            try file.seek(toOffset: 1_000)
            try file.write(contentsOf: Data("damage".utf8))
            try file.close()
            let damaged = try await suite.restore("--force", copy)
            #expect(damaged.status == 1 && damaged.output.contains("is damaged"), "\(damaged.output)")
            #expect(try await suite.tool(["status"]).output.contains("vouchers"))
        }

        private func expectSound(
            _ suite: InstalledSuite, _ before: [RedeemVoucher], _ after: [RedeemVoucher]
        ) async throws {
            let booked = try await suite.rows(CountRedemptions(), of: .vouchers)
            #expect(booked.allSatisfy { $0.count == 1 })
            let ids = Set(booked.map(\.id))
            #expect(ids.isSuperset(of: before.map(\.redemptionId)))
            // What came later is not there: nobody kept the log.
            #expect(ids.isDisjoint(with: after.map(\.redemptionId)))
            let known = try await suite.rows(ReadContacts(), of: .notifications)
            #expect(known.contains(ben) && !known.contains(ana))
            try await Client.with(suite.broker()) { client in
                // What comes again that the restored database has seen has no second effect; what it has not is booked once.
                for command in [before[0], after[0], after[0]] {
                    let receipt = try await client.call(command)
                    #expect(receipt.redemptionId == command.redemptionId)
                }
                let refusal = try await client.refusal(of: client.contact(ana))
                #expect(refusal?.code == "person-erased")
            }
            let again = try await suite.rows(CountRedemptions(), of: .vouchers)
            #expect(again.count == booked.count + 1 && again.allSatisfy { $0.count == 1 })
            #expect(try await suite.tool(["ledger", "verify"]).status == 0)
            let status = try await suite.tool(["status"])
            #expect(status.status == 0, "\(status.output)")
        }
    }
}

extension Client {
    /// Says how persons can be reached.
    fileprivate func makeKnown(_ persons: [UUID]) async throws {
        for person in persons { _ = try await call(contact(person)) }
    }

    fileprivate func contact(_ person: UUID) -> SetContact {
        let address = "\(person.uuidString.lowercased())@example.org"
        return SetContact(personId: person, email: address, name: "Ana", language: "de")
    }
}
