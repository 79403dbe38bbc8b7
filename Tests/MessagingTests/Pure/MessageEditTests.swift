import Contracts
import FoundationEssentials
import JSON
import TestKit
import Testing

@testable import Messaging

/// What an operator may make of a failed message: decided without a database.
@Suite struct MessageEditTests {
    private struct Issue: Handler {
        static let access: AccessRule<IssueVoucher> = .administrators
        func handle(_ batch: Batch<IssueVoucher>, in transaction: inout MessageTransaction) async throws {}
    }

    private struct Redeem: Handler {
        static let access: AccessRule<RedeemVoucher> = .administrators
        func handle(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) async throws {}
    }

    private let limits = MessagingLimits()

    private func redemption(_ code: String, _ amount: Int64) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: UUID(), code: Secret(code), merchantId: UUID(), amount: Money(amount, "EUR"))
    }

    private func edit(_ stored: [UInt8], _ text: String) throws -> MessageEdit {
        try MessageEdit(
            of: stored, mode: .binary, to: text, by: HandlerRoute(handler: Redeem()), limits: limits)
    }

    @Test func whateverIsChangedTheSecretStaysAndTheNamesAreRight() throws {
        var generator = SeededGenerator()
        for _ in 0..<300 {
            let before = redemption("CODE-\(Int.random(in: 0...9_999, using: &generator))", 100)
            let stored = try JSONEncoder.stable(before)
            var wanted = before
            var names: Set<String> = []
            if Bool.random(using: &generator) {
                wanted.amount = Money(101, "EUR")
                names.insert("amount.amount")
            }
            if Bool.random(using: &generator) {
                wanted.merchantId = UUID()
                names.insert("merchantId")
            }
            let replacesCode = Bool.random(using: &generator)
            if replacesCode {
                wanted.code = Secret("NEW")
                names.insert("code")
            }
            let masked = String(
                decoding: try MessageText.json(of: wanted, masksSecrets: !replacesCode), as: UTF8.self)
            guard !names.isEmpty else {
                #expect(throws: Problem.self) { try edit(stored, masked) }
                continue
            }
            let edited = try edit(stored, masked)
            #expect(Set(edited.fields) == names && edited.fields.count == names.count)
            let message = try #require(edited.message as? RedeemVoucher)
            #expect(message.code.revealed == wanted.code.revealed && message.amount == wanted.amount)
            #expect(message.redemptionId == before.redemptionId && message.merchantId == wanted.merchantId)
            #expect(try JSONDecoder().decode(JSONValue.self, from: Data(edited.body)) == message.tree)
        }
    }

    @Test func aFieldThatIsTakenAwayIsNamed() throws {
        var issue = IssueVoucher(issueId: UUID(), issuerCityId: UUID(), value: Money(1_000, "EUR"))
        issue.personId = UUID()
        let stored = try JSONEncoder.stable(issue)
        issue.personId = nil
        let text = String(decoding: try JSONEncoder.stable(issue), as: UTF8.self)
        let edited = try MessageEdit(
            of: stored, mode: .binary, to: text, by: HandlerRoute(handler: Issue()), limits: limits)
        #expect(edited.fields == ["personId"])
    }

    @Test func rubbishIsRefusedAndNeverTraps() throws {
        let stored = try JSONEncoder.stable(redemption("CODE", 1))
        let deep = String(repeating: "[", count: 100_000)
        for text in ["", "{", "[]", "null", "1", "\"\(Secret.mask)\"", deep, "{\"code\":\"\(Secret.mask)\"}"] {
            let problem = #expect(throws: Problem.self, "\(text.prefix(20))") { try edit(stored, text) }
            #expect(problem?.code == "invalid")
        }
        // What came may be anything as well.
        let whole = String(decoding: try JSONEncoder.stable(redemption("CODE", 1)), as: UTF8.self)
        for stored in ["", "{", deep, "{\"SECRET\":{}}", "[1]", "\u{0}"] {
            let edited = try edit(Array(stored.utf8), whole)
            #expect(!edited.fields.isEmpty && !edited.fields.contains { $0.contains("SECRET") })
        }
        let mask = #expect(throws: Problem.self) {
            try edit(Array("{".utf8), whole.replacing("CODE", with: Secret.mask))
        }
        #expect(mask?.fields?.keys.sorted() == ["code"], "no secret is kept of what cannot be read")
    }
}

extension RedeemVoucher {
    fileprivate var tree: JSONValue? { try? MessageText.tree(of: self, masksSecrets: false) }
}
