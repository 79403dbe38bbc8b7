import AMQP
import Contracts
import FoundationEssentials
import ManagementAPI
import Postgres
import TestKit
import Testing

@testable import Messaging

private struct ReadInbox: Statement {
    static let sql = "SELECT state, reply FROM inbox WHERE queue = 'commands' ORDER BY received_at"

    static func row(_ columns: inout Columns) throws -> (Int16, [UInt8]?) { (try columns.next(), try columns.next()) }
}

/// One effect per message, and one answer however often it is asked for.
@Suite(.timeLimit(.minutes(1))) struct InboxTests {
    @Test func duplicatesAndRedeliveriesHaveOneEffect() async throws {
        try await withServiceAndClient { service, client in
            let commands = issues(300)
            try await service.running {
                for _ in 0..<3 { try await client.send(commands) }
                // What is not acknowledged comes again.
                try await service.vhost.management.closeConnections(of: service.broker.user)
                try await client.send(commands)
                try await service.waitForEffects(300)
                try await eventually("every event is heard") { try client.issued().count == 300 }
            }
            #expect(try await service.effects() == 300)
            #expect(try await service.reading(ReadInbox()).allSatisfy { $0.0 == InboxState.done.rawValue })
            #expect(try await service.failures().isEmpty)
        }
    }

    @Test func aRepeatedRequestGetsTheFirstAnswer() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                let (request, id) = (issue(), UUID.version7())
                let first = try await client.requester.call(request, id: id)
                #expect(try await client.requester.call(request, id: id) == first)
                #expect(first.code.revealed == "SECRET-CODE")
                var other = request
                other.value = Money(2_000, "EUR")
                #expect(try await problem(of: client, other, id: id).code == "id-reused")
                #expect(try await service.waitForFailure("id-reused", .failed).messageId == id.uuidString.lowercased())
                #expect(try await service.effects() == 1)
                let kept = try await service.reading(ReadInbox()).compactMap(\.1)
                #expect(kept.count == 1 && !String(decoding: kept[0], as: UTF8.self).contains("SECRET"))
            }
        }
    }

    @Test func anAnswerTooLongToBeKeptIsGivenOnce() async throws {
        try await withServiceAndClient { service, client in
            try await service.running { () async throws in
                let (request, id) = (issue(Amount.long), UUID.version7())
                #expect(try await client.requester.call(request, id: id).code.revealed.count == 5_000)
                #expect(try await problem(of: client, request, id: id) == IssueVoucher.expiredReply)
                #expect(try await service.effects() == 1)
            }
        }
    }

    @Test func aRefusalIsAnAnswerAndAnEvent() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                #expect(try await problem(of: client, issue(Amount.refused)).code == "city-unknown")
                try await eventually("the refusal is heard") { client.events(IssueRefused.type).count == 1 }
                #expect(try await service.effects() == 0)
            }
        }
    }

    @Test func queriesAreAnsweredOrRefused() async throws {
        try await withServiceAndClient { service, client in
            try await service.running { () async throws in
                #expect(try await client.requester.call(GetBalance(code: Secret("a"))).balance == Money(0, "EUR"))
                #expect(try await problem(of: client, GetBalance(code: Secret("unknown"))).code == "voucher-not-usable")
                #expect(try await problem(of: client, GetBalance(code: Secret(""))).code == "invalid")
                #expect(try await problem(of: client, GetLedger()).code == "answer-too-large")
                #expect(try await client.requester.call(GetStatus<VouchersService>()).failed == 0)
            }
        }
    }

    @Test func askingHasItsOwnErrors() async throws {
        try await withServiceAndClient { service, client in
            let start = ContinuousClock.now
            await #expect(throws: RequestError.self) {
                try await client.requester.call("vouchers.no-such.v1", body: [])
            }
            #expect(start.duration(to: .now) < .seconds(5), "an unknown type comes back at once")
            // The service is not running.
            let (late, id) = (issue(), UUID.version7())
            let error = await #expect(throws: RequestError.self) {
                try await client.requester.call(late, within: .milliseconds(300), id: id)
            }
            #expect(error?.description == RequestError.deadlineExceeded.description)
            try await service.running { () async throws in
                // Its deadline has passed: nothing runs, nothing is filed, and it can be asked again.
                #expect(try await client.requester.call(late, id: id).voucherId == late.issueId)
                #expect(try await service.effects() == 1)
                #expect(try await service.failures().isEmpty)
            }
        }
    }
}
