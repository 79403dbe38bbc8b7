import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// The copy of the grants, filled by events that come in any order and more than once.
@Suite struct GrantCopyTests {
    private struct ReadAll: Statement {
        static let sql = "SELECT \(GrantTable.columns) FROM access_grant"

        static func row(_ columns: inout Columns) throws -> AccessGranted { try GrantTable.row(&columns) }
    }

    private struct SetCompleteness: Statement {
        static let sql = """
            INSERT INTO copy (name, completed_at) VALUES ('grants', CASE WHEN $1 THEN now() END)
            ON CONFLICT (name) DO UPDATE SET completed_at = excluded.completed_at
            """
        var isComplete: Bool

        func bind(_ parameters: inout Parameters) { parameters.add(isComplete) }
    }

    private func withBench(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(MigrationSet(name: "none", version: 0, minCompatible: 0, migrations: []), body)
    }

    private func grant(_ number: Int) -> Grant {
        let isIntegrator = number.isMultiple(of: 3)
        return Grant(
            grantId: UUID(), userId: "user-\(number % 4)", role: isIntegrator ? .integrator : .terminal,
            merchantId: isIntegrator ? nil : UUID(), terminalId: isIntegrator ? nil : UUID(),
            messageTypes: isIntegrator ? ["vouchers.redeem.v1", "vouchers.get-ledger.v1"] : nil,
            from: number.isMultiple(of: 2) ? Timestamp(milliseconds: 1_790_000_000_123) : nil,
            until: number.isMultiple(of: 5) ? Timestamp(milliseconds: 1_990_000_000_456) : nil)
    }

    @Test func theNewestStandsInWhateverOrderTheyCome() async throws {
        var generator = SeededGenerator()
        try await withBench { bench in
            let given = (0..<40).map { AccessGranted(grant($0), version: 1, revoked: false) }
            let revoked = given.prefix(20).map { AccessGranted($0.grant, version: 2, revoked: true) }
            var said = (given + revoked + given + revoked).shuffled(using: &generator)
            while !said.isEmpty {
                let size = min(said.count, Int.random(in: 1...30, using: &generator))
                _ = try await bench.run(KeepGrants(), Array(said.prefix(size)), user: "cities")
                said.removeFirst(size)
            }
            let kept = try await bench.database.execute(ReadAll())
            #expect(Set(kept.map(\.grant.grantId)).count == 40 && kept.count == 40)
            #expect(Set(kept.map(\.grant)) == Set(given.map(\.grant)), "nothing of a grant is lost on the way")
            #expect(Set(kept.filter(\.revoked).map(\.grant)) == Set(revoked.map(\.grant)))
        }
    }

    @Test func anOldStateDoesNotCompleteTheCopy() async throws {
        try await withBench { bench in
            let copies = CompleteCopies(copies: [Copy(kind: .grants, extent: MeasureGrants())])
            func isComplete(_ said: Republished) async throws -> Bool {
                _ = try await bench.run(copies, [said], user: "cities")
                return try await bench.database.execute(ReadCopies(names: ["grants"])).first?.complete ?? false
            }
            _ = try await bench.database.execute(ReadCopies(names: ["grants"]))
            let given = (0..<3).map { AccessGranted(grant($0), version: 1, revoked: false) }
            // What was revoked is said to be, and what stands here is from before.
            let said = Republished(requestId: UUID(), kind: .grants, count: 3, versions: 4)
            _ = try await bench.run(KeepGrants(), given, user: "cities")
            #expect(try await !isComplete(said))
            let revoked = AccessGranted(given[1].grant, version: 2, revoked: true)
            _ = try await bench.run(KeepGrants(), [revoked], user: "cities")
            #expect(try await isComplete(said))
        }
    }

    @Test func anOwnerThatSaysNothingOfVersionsIsBelievedItsNumber() async throws {
        try await withBench { bench in
            let copies = CompleteCopies(copies: [Copy(kind: .grants, extent: MeasureGrants())])
            _ = try await bench.database.execute(ReadCopies(names: ["grants"]))
            _ = try await bench.run(KeepGrants(), [AccessGranted(grant(1), version: 1, revoked: false)], user: "cities")
            for count: Int64 in [2, 1] {
                let said = Republished(requestId: UUID(), kind: .grants, count: count)
                _ = try await bench.run(copies, [said], user: "cities")
                let state = try await bench.database.execute(ReadCopies(names: ["grants"]))
                #expect(state.first?.complete == (count == 1))
            }
        }
    }

    @Test func whatIsReadIsTheUsersOwnUnrevokedAndOfACompleteCopy() async throws {
        try await withBench { bench in
            let given = (0..<12).map { AccessGranted(grant($0), version: 1, revoked: $0 < 4) }
            _ = try await bench.run(KeepGrants(), given, user: "cities")
            func read(_ users: [String], isCopy: Bool) async throws -> Set<Grant> {
                let read: [Grant] = try await bench.database.execute(ReadGrants(users: users, isCopy: isCopy))
                return Set(read)
            }
            func held(by users: [String]) -> Set<Grant> {
                Set(given.filter { !$0.revoked && users.contains($0.grant.userId) }.map(\.grant))
            }
            #expect(try await read(["user-1"], isCopy: true).isEmpty, "there is no row about the copy yet")
            #expect(try await read(["user-1"], isCopy: false) == held(by: ["user-1"]))
            _ = try await bench.database.execute(SetCompleteness(isComplete: true))
            #expect(
                try await read(["user-1", "user-2", "User-3", ""], isCopy: true) == held(by: ["user-1", "user-2"]))
            _ = try await bench.database.execute(SetCompleteness(isComplete: false))
            #expect(try await read(["user-1"], isCopy: true).isEmpty)
        }
    }
}
