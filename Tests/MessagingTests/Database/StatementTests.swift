import Contracts
import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// Every statement of the runtime against the schema that the migrations make.
@Suite struct StatementTests {
    private static let id = UUID()
    private static let meant = MeantFailures(selection: FailureSelection(), max: 1)
    private static let actor = FailureActor(user: "")
    private static let statements: [any Statement] = [
        TakeNew(queue: "", keys: [], contents: []), ReadTaken(queue: "", keys: []),
        KeepReplies(queue: "", keptSeconds: 1), SetInboxState(queue: "", keys: [], state: .done),
        ForgetOld(olderThanSeconds: 1, max: 1), ForgetOldFailures(olderThanSeconds: 1, max: 1),
        WriteOutbox(owner: 1, isInMemory: true, rows: StoredRecords()), ReadOutbox(owner: 1, after: id, max: 1),
        DeleteSent(ids: []), SetAside(ids: [], seconds: 1), BecomeOwner(), ClaimOrphans(owner: 1, max: 1),
        WriteSchedule(rows: StoredRecords(), due: []), MoveDue(owner: 1, max: 1), ReadNextDue(), ReadNextRetry(),
        FileFailure(
            failureId: id, queue: "", inboxKey: nil, state: 1, type: "", messageId: "", user: "", code: "", reason: "",
            attempts: 0, retryAfterSeconds: nil, envelope: [], sealedBody: []),
        LockDueFailures(max: 1), LockDueAgain(failureIds: []), ReadLockedFailures(failureIds: []),
        CloseFailures(failureIds: []),
        NoteAttempt(failureId: id, attemptsBefore: 0, revision: 0, code: "", reason: "", state: 1, keptMax: 1),
        ListFailures(states: [], type: nil, code: nil, before: nil, max: 1), ReadFailure(failureId: id),
        ReadOriginal(failureId: id), ReadActs(failureId: id, max: 1), ReadAttempts(failureId: id, max: 1),
        CountFailureGroups(states: [], groupsMax: 1), CountRedriven(redriveId: id),
        RedriveMeant(meant: meant, redriveId: nil, delaySeconds: 0, pauseSeconds: 0, actor: actor),
        DiscardMeant(meant: meant, actor: actor), WriteAct(failureId: id, act: "", actor: actor),
        LockFailure(failureId: id),
        WriteEdit(
            failureId: id, actor: actor, stored: StoredBody(envelope: [], sealedBody: []), inboxKey: [], fields: []),
        WritePause(seconds: 1, actor: "", reason: nil), EndPause(), ReadPause(),
        ReadStatus(limits: MessagingLimits()), ReadCopies(names: []), CompleteCopy(name: ""),
        ReadGrants(users: [], isCopy: true),
        CopyGrants(grants: []), MeasureGrants(), GiveBack(queue: "", keys: []),
        WriteAudit(records: []), LockAuditHead(), ReadAuditHead(), ReadUnsealed(max: 1),
        SealRows(eventIds: [], places: [], hashes: []), MoveAuditHead(length: 0, hash: nil),
        ListAudit(after: 0, auditedId: nil, max: 1), HoldPersons(places: []), LockPerson(place: 0),
        ReadTombstones(keys: []), WriteTombstones(keys: [], requestIds: [], times: []),
        ListTombstones(after: [], max: 1),
        ReadPersonalFailures(types: [], after: id, max: 1), EraseFailures(ids: []), EraseOriginals(failureIds: []),
        ReadPersonalSchedule(types: [], after: id, max: 1), EraseSchedule(ids: []),
        ReadAuditOfPerson(personId: id, max: 1), EraseAuditOfPerson(personId: id),
    ]

    @Test func everyStatementFitsTheSchema() async throws {
        try await withScratchDatabase(migrations: [MessagingSchema.migrations]) { address in
            let connection = try await Connection.connect(to: address, name: "test")
            let problems = try await StatementCheck(on: connection).problems(with: Self.statements)
            await connection.close()
            #expect(problems.isEmpty, "\(problems)")
        }
    }

    @Test func noStatementIsMissingAbove() throws {
        let listed = Set(Self.statements.map { "\(type(of: $0))" })
        let declared = try Source.files(in: "Shared/Messaging").flatMap { file in
            file.matches(of: /struct (\w+): (?:Next|Extent)?Statement\b/).map { String($0.1) }
        }
        #expect(declared.count > 20)
        #expect(Set(declared) == listed)
    }
}

/// The files of this repository.
enum Source {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The text of every Swift file under a folder.
    static func files(in folder: String) throws -> [String] {
        let path = root.appending(path: folder).path(percentEncoded: false)
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
        return try names.filter { $0.hasSuffix(".swift") }.map { try text(folder + "/" + $0) }
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    /// Compares with a golden file, or writes it where `CITYCOOP_WRITE_GOLDEN` is set.
    static func expectGolden(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = "Tests/MessagingTests/Golden/\(name)"
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: root.appending(path: path))
        }
        #expect(try Source.text(path) == text, sourceLocation: sourceLocation)
    }
}
