import AMQP
import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

private struct CountInbox: Statement {
    static let sql = "SELECT count(*) FROM inbox WHERE queue = 'commands' AND state = $1"
    var state: InboxState

    func bind(_ parameters: inout Parameters) { parameters.add(state.rawValue) }

    static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
}

private struct ReadBodies: Statement {
    static let sql = "SELECT body FROM failure"

    static func row(_ columns: inout Columns) throws -> [UInt8] { try columns.next() }
}

/// Failures are visible and mendable, and hold up nobody else.
@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    private func inbox(_ service: TestService, _ state: InboxState) async throws -> Int64 {
        try await service.first(CountInbox(state: state))
    }

    @Test func theCulpritIsParkedAndItsNeighboursGoThrough() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            var limits = MessagingLimits.quick
            limits.retryDelays = Array(repeating: .milliseconds(300), count: 50)
            let culprit = issue(Amount.broken)
            try await client.send(issues(20) + [culprit] + issues(20))
            try await service.running(limits) {
                try await service.waitForEffects(40)
                let parked = try await service.waitForFailure("handler-failed", .parked)
                #expect(parked.messageId == culprit.issueId.uuidString.lowercased())
                #expect(try await inbox(service, .parked) == 1)
                // A copy is dropped; who asks hears that it is not done yet.
                try await client.send([culprit])
                let hurried = try await problem(of: client, culprit, id: culprit.issueId)
                #expect(hurried.code == "not-handled-yet" && hurried.retryable)
                service.switches.isBroken = false
                try await service.waitForEffects(41)
                _ = try await service.waitForFailure("handler-failed", .done)
                #expect(try await service.effects() == 41)
                #expect(try await inbox(service, .done) == 41)
                try await eventually("its event is heard") { try client.issued().contains(culprit.issueId) }
            }
        }
    }

    @Test func whatFailsForGoodIsAnsweredRedrivenAndDiscarded() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            let (one, two, id) = (issue(Amount.broken), issue(Amount.broken), UUID.version7())
            try await service.running {
                #expect(try await problem(of: client, one, id: id).code == "handler-failed", "the last retry answers")
                #expect(try await problem(of: client, one, id: id).code == "handler-failed", "and the answer is kept")
                #expect(try await problem(of: client, two).code == "handler-failed")
                let failures = try await service.failures()
                #expect(failures.count == 2 && failures.allSatisfy { $0.state == .failed && $0.attempts == 3 })
                #expect(try await inbox(service, .failed) == 2)
                service.switches.isBroken = false
                try await mend(service, client, one: failures[1].failureId, two: failures[0].failureId)
                #expect(try await client.requester.call(one, id: id).voucherId == one.issueId)
                #expect(try await service.effects() == 1)
            }
        }
    }

    private func mend(_ service: TestService, _ client: TestClient, one: UUID, two: UUID) async throws {
        typealias Owner = VouchersService
        let redrive = RedriveFailures<Owner>(FailureSelection(failureIds: [one]), reason: "mended")
        #expect(try await client.requester.call(redrive).count == 1)
        try await service.waitForEffects(1)
        let discard = DiscardFailures<Owner>(
            FailureSelection(type: IssueVoucher.type.description), reason: "not wanted")
        try await eventually("only the other is open") {
            try await service.failures().filter { $0.state == .failed || $0.state == .parked }.count == 1
        }
        #expect(try await client.requester.call(discard).count == 1)
        let page = try await client.requester.call(FindFailures<Owner>(state: .discarded))
        #expect(page.failures.map(\.failureId) == [two] && page.next == nil)
        let first = try await client.requester.call(GetFailure<Owner>(failureId: one))
        let second = try await client.requester.call(GetFailure<Owner>(failureId: two))
        #expect(first.summary.state == .done && second.summary.state == .discarded)
        #expect(first.acts.map(\.act) == ["redrive"] && first.acts.map(\.reason) == ["mended"])
        #expect(second.acts.map(\.act) == ["discard"] && second.acts.map(\.actor) == [service.vhost.address.user])
        #expect(second.body.contains("66600"))
    }

    @Test func whatTheDatabaseRefusesAtTheCommitFailsAtOnceAndNotForEver() async throws {
        try await withServiceAndClient { service, client in
            let culprit = issue(Amount.unwritable)
            try await client.send(issues(5) + [culprit] + issues(5))
            try await service.running {
                try await service.waitForEffects(10)
                let failed = try await service.waitForFailure("database-refused", .failed)
                #expect(failed.messageId == culprit.issueId.uuidString.lowercased())
                // From the row it fails the same way, and the schedule goes on to the next.
                let redrive = RedriveFailures<VouchersService>(FailureSelection(code: "database-refused"))
                #expect(try await client.requester.call(redrive).count == 1)
                try await eventually("the attempt is counted") {
                    try await service.failures().first?.attempts == 1
                }
                #expect(try await service.failures().first?.state == .failed)
                #expect(try await service.effects() == 10)
            }
        }
    }

    @Test func deadLettersAreFiledAndDoNotTakeEffectTwice() async throws {
        try await withServiceAndClient { service, client in
            let (expired, repeated, asked) = (issue(), issue(), issue())
            try await client.send([expired, repeated]) { $0.expiration = "1" }
            try await client.send([asked]) {
                $0.expiration = "1"
                $0.replyTo = "reply.gone"
            }
            try await eventually("the broker gave them up") {
                try await service.vhost.administer { try $0.messageCount("vouchers.dead") } == 3
            }
            try await service.running {
                try await eventually("those that nobody waits for are filed") {
                    try await service.failures().count == 2
                }
                let failures = try await service.failures()
                #expect(failures.allSatisfy { $0.code == "dead-lettered" && $0.queue == "commands" })
                try await client.send([repeated])
                try await service.waitForEffects(1)
                let redrive = RedriveFailures<VouchersService>(FailureSelection(code: "dead-lettered"))
                #expect(try await client.requester.call(redrive).count == 2)
                try await eventually("both are mended") {
                    try await service.failures().allSatisfy { $0.state == .done }
                }
                #expect(try await service.effects() == 2)
                // It has its inbox row now.
                try await client.send([expired])
                try await client.send([issue()])
                try await service.waitForEffects(3)
                #expect(try await service.effects() == 3)
            }
        }
    }

    @Test func nothingIsKeptInTheClear() async throws {
        try await withServiceAndClient { service, client in
            let redeem = RedeemVoucher(
                redemptionId: UUID(), code: Secret("SECRET-CODE"), merchantId: UUID(), amount: Money(1, "EUR"))
            let body = String(decoding: try JSONEncoder.stable(redeem), as: UTF8.self)
            await client.send(
                body.replacing("\"EUR\"", with: "\"GBP\""), as: RedeemVoucher.type.description,
                Properties(messageID: "a"))
            try await service.running {
                let failure = try await service.waitForFailure("invalid", .failed)
                let bodies = try await service.reading(ReadBodies())
                #expect(bodies.count == 1 && !String(decoding: bodies[0], as: UTF8.self).contains("SECRET"))
                let shown = try await client.requester.call(GetFailure<VouchersService>(failureId: failure.failureId))
                #expect(!shown.body.contains("SECRET"))
            }
        }
    }
}
