import ArgumentParser
import Contracts
import FoundationEssentials
import JSON
import Testing

@testable import citycoop

/// What the operator sees of failed messages, and how an edit is put together.
@Suite struct DeadTests {
    private let at = Timestamp(milliseconds: 1_790_000_000_000)

    private func change(_ argument: String) throws -> FieldChange {
        try #require(FieldChange(argument: argument))
    }

    @Test func aChangeIsOfOneField() throws {
        let message = JSONValue.object([
            "amount": .object(["amount": .int(100), "currency": .string("EUR")]), "lines": .array([.int(1), .int(2)]),
            "name": .string("x"),
        ])
        let changed = try ["amount.amount=1250", "lines.1=3", "name=12 a", "note=\"7\"", "gone=null"]
            .reduce(message) { try change($1).applied(to: $0) }
        #expect(changed["amount"]?["amount"] == .int(1250) && changed["amount"]?["currency"] == .string("EUR"))
        #expect(changed["lines"] == .array([.int(1), .int(3)]) && changed["name"] == .string("12 a"))
        #expect(changed["note"] == .string("7") && changed["gone"] == .null)
        for wrong in ["lines.2=1", "lines.x=1", "name.a=1", "other.a=1"] {
            let failure = #expect(throws: CommandFailure.self) { try change(wrong).applied(to: message) }
            #expect(failure?.code == .usage, "\(wrong)")
        }
        for wrong in ["", "a", "=1", "a..b=1", ".a=1", "a.=1"] {
            #expect(FieldChange(argument: wrong) == nil, "\(wrong)")
        }
        #expect(try change("a==b").value == .string("=b"))
    }

    @Test func groupsOfAllServicesAreSortedBySize() {
        func group(_ type: String, _ count: Int) -> FailureGroup {
            FailureGroup(state: .failed, type: type, code: "c", count: count, oldestAt: at, newestAt: at)
        }
        let report = GroupReport([
            (.cities, .success(FailureGroups(groups: [group("a", 2)], count: 5, groupCount: 4))),
            (.events, .failure(CancellationError())),
            (.vouchers, .success(FailureGroups(groups: [group("b", 7), group("a", 2)], count: 9, groupCount: 2))),
        ])
        #expect(
            report.groups.map { "\($0.service.rawValue) \($0.group.type)" } == ["vouchers b", "cities a", "vouchers a"])
        #expect(report.count == 14 && report.leftOut == 3)
        #expect(report.lines.first == "7  vouchers  b  c  failed  \(at)  \(at)")
        #expect(report.lines.last == "and 3 smaller groups")
        #expect(GroupReport([]).lines == ["No failed messages."])
    }

    @Test func theHistoryIsInTheOrderOfTime() {
        func later(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: at.milliseconds + seconds * 1_000) }
        let summary = FailureSummary(
            failureId: UUID(), state: .done, queue: "commands", type: "a.b.v1", messageId: "1", userId: "operator",
            code: "c", reason: "r", attempts: 0, failedAt: at, retryAt: nil)
        let detail = FailureDetail(
            summary: summary, body: "{}", bodyBytes: 2,
            acts: [
                .init(act: "edit", actor: "operator", reason: nil, at: later(2), fields: ["a", "b"]),
                .init(act: "redrive", actor: "operator", reason: "why", at: later(3)),
            ],
            attempts: [
                .init(at: at, code: "c", reason: "r"), .init(at: later(1), code: "d", reason: "s"), .init(at: later(4)),
            ],
            original: .init(userId: "till", body: "{old}", bodyBytes: 5), revision: 2)
        let shown = ShownFailure(service: .cities, detail: detail, clear: nil)
        #expect(
            shown.history == [
                "\(at) failed, c: r", "\(later(1)) failed, d: s", "\(later(2)) edit of a, b by operator",
                "\(later(3)) redrive by operator: why", "\(later(4)) succeeded",
            ])
        #expect(shown.text.contains("edited by  operator") && shown.text.contains("as till sent it:\n{old}"))
        let clear = ShownFailure(
            service: .cities, detail: detail, clear: RevealedFailure(body: Secret("clear"), original: Secret("former")))
        #expect(clear.text.contains("\nclear\n") && clear.text.contains("\nformer\n"))
    }

    @Test func aRedriveIsFineWhenAllHaveSucceeded() {
        func outcome(_ progress: RedriveProgress, of count: Int) -> RedriveOutcome {
            RedriveOutcome(progress, of: count)
        }
        let fine = outcome(RedriveProgress(waiting: 0, done: 3, failed: 0, discarded: 0), of: 3)
        #expect(fine.isFine && fine.text == "3 succeeded, 0 failed again")
        let mixed = outcome(RedriveProgress(waiting: 0, done: 1, failed: 1, discarded: 1), of: 5)
        #expect(!mixed.isFine)
        #expect(
            mixed.text
                == "1 succeeded, 1 failed again, 1 discarded meanwhile, 2 erased or redriven by somebody else")
    }
}
