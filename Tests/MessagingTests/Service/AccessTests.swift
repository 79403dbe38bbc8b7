import AMQP
import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

private struct CountTaken: Statement {
    static let sql = "SELECT count(*) FROM inbox WHERE queue = 'commands'"

    static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
}

private struct ReadKept: Statement {
    static let sql = "SELECT \(GrantTable.columns) FROM access_grant ORDER BY grant_id"

    static func row(_ columns: inout Columns) throws -> AccessGranted { try GrantTable.row(&columns) }
}

/// Whether the copy of the grants is complete.
private struct ReadCompleteness: Statement {
    static let sql = "SELECT completed_at IS NOT NULL FROM copy WHERE name = 'grants'"

    static func row(_ columns: inout Columns) throws -> Bool { try columns.next() }
}

/// Whose messages are handled: users of a real broker, and a copy of the grants in a real database.
@Suite(.timeLimit(.minutes(1))) struct AccessTests {
    /// Grants as `cities` says them.
    private struct Cities {
        let publisher: Publisher

        func say<E: Event>(_ events: E...) async throws {
            let messages = try events.map { event in
                OutgoingMessage(
                    exchange: Topology.Names.events, routingKey: E.type.description,
                    properties: Properties(deliveryMode: 2, messageID: UUID.version7().text),
                    body: try JSONEncoder.stable(event))
            }
            for confirmation in await publisher.publish(messages) { #expect(confirmation == .confirmed) }
        }

        /// Says a grant, and waits until the service has it.
        func say(_ grant: AccessGranted, to service: TestService) async throws {
            try await say(grant)
            try await eventually("the service has the grant") {
                try await service.reading(ReadKept()).contains(grant)
            }
        }

        /// Says that `count` grants were said again, which completes the copy.
        func close(_ count: Int64, to service: TestService) async throws {
            try await say(Republished(requestId: UUID(), kind: .grants, count: count))
            try await eventually("the copy is complete") {
                try await service.reading(ReadCompleteness()).first == true
            }
        }
    }

    /// Everybody there is: the service, an administrator, the owner of the grants, and a till with a broker user.
    private struct Stage {
        let service: TestService
        let administrator: TestClient
        let till: TestClient
        let tillUser: String
        let cities: Cities
        let merchant = UUID()

        func redeem(_ merchant: UUID? = nil) -> RedeemVoucher {
            RedeemVoucher(
                redemptionId: .version7(), code: Secret("SECRET-CODE"), merchantId: merchant ?? self.merchant,
                amount: Money(1, "EUR"))
        }

        /// The till's grant.
        func grant(version: Int64 = 1, revoked: Bool = false, id: UUID = UUID()) -> AccessGranted {
            AccessGranted(
                Grant(grantId: id, userId: tillUser, role: .terminal, merchantId: merchant, terminalId: UUID()),
                version: version, revoked: revoked)
        }

        /// Sends redemptions that nobody waits for.
        func send(_ redemptions: [RedeemVoucher]) async throws {
            let messages = try redemptions.map { redemption in
                OutgoingMessage(
                    exchange: Topology.Names.commands, routingKey: RedeemVoucher.type.description,
                    properties: Properties(deliveryMode: 2, messageID: redemption.redemptionId.text),
                    body: try JSONEncoder.stable(redemption))
            }
            for confirmation in await till.publisher.publish(messages) { #expect(confirmation == .confirmed) }
        }

        /// Expects that the till's message is refused.
        func expectRefused(
            _ request: some Request, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let refusal = try await problem(of: till, request)
            #expect(refusal == .notAllowed, sourceLocation: sourceLocation)
        }

        /// Redemptions that took effect.
        func count() async throws -> Int64 { try await service.effects("redeem") }
    }

    private func withStage(_ body: (Stage) async throws -> Void) async throws {
        try await withServiceAndClient { service, administrator in
            let cities = Publisher(
                name: "cities", address: try await service.vhost.makeUser("cities"), limits: .quick)
            let user = try await service.vhost.makeUser("till")
            try await withClient(user, watches: false) { till in
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { await cities.run() }
                    defer { tasks.cancelAll() }
                    try await body(
                        Stage(
                            service: service, administrator: administrator, till: till, tillUser: user.user,
                            cities: Cities(publisher: cities)))
                }
            }
        }
    }

    @Test func whoHasNoGrantIsRefusedAndLeavesNothingBehind() async throws {
        try await withStage { stage in
            try await stage.service.running {
                try await stage.cities.close(0, to: stage.service)
                let redeem = stage.redeem()
                try await stage.send([redeem])
                _ = try await stage.service.waitForFailure("not-allowed", .failed)
                try await stage.expectRefused(issue())
                let failures = try await stage.service.failures()
                #expect(failures.map(\.code) == ["not-allowed", "not-allowed"])
                #expect(failures.allSatisfy { $0.userId == stage.tillUser && $0.state == .failed })
                #expect(try await stage.service.first(CountTaken()) == 0, "the ids were not used up")
                #expect(stage.administrator.events(RedemptionRefused.type).isEmpty)

                // The same message once the grant is there.
                try await stage.cities.say(stage.grant(), to: stage.service)
                try await stage.send([redeem])
                try await stage.service.waitForEffects(1, "redeem")
                try await stage.expectRefused(stage.redeem(UUID()))
                #expect(try await stage.count() == 1)
            }
        }
    }

    @Test func oneBatchHoldsBothAndOnlyTheAllowedHaveAnEffect() async throws {
        try await withStage { stage in
            let (own, others) = ((0..<100).map { _ in stage.redeem() }, (0..<50).map { _ in stage.redeem(UUID()) })
            try await stage.service.running {
                try await stage.cities.say(stage.grant(), to: stage.service)
                try await stage.cities.close(1, to: stage.service)
            }
            try await stage.send((own + others).shuffled())
            try await stage.service.running {
                try await stage.service.waitForEffects(100, "redeem")
                try await eventually("the others are filed") { try await stage.service.failures().count == 50 }
                let refused = Set(try await stage.service.failures().map(\.messageId))
                #expect(refused == Set(others.map(\.redemptionId.text)))
                #expect(try await stage.count() == 100)
                #expect(try await stage.service.first(CountTaken()) == 100)
            }
        }
    }

    @Test func aRevocationHoldsFromTheNextMessageAndNoOlderEventEndsIt() async throws {
        try await withStage { stage in
            try await stage.service.running {
                let grant = stage.grant()
                try await stage.cities.say(grant, to: stage.service)
                try await stage.cities.close(1, to: stage.service)
                let first = stage.redeem()
                try await stage.send([first])
                try await stage.service.waitForEffects(1, "redeem")
                try await stage.cities.say(
                    AccessGranted(grant.grant, version: 2, revoked: true), to: stage.service)
                try await stage.expectRefused(stage.redeem())
                // Late, or said again by a broker that was in doubt.
                try await stage.cities.say(grant)
                let other = stage.grant()
                try await stage.cities.say(other, to: stage.service)
                try await stage.cities.say(
                    AccessGranted(other.grant, version: 2, revoked: true), to: stage.service)
                try await stage.expectRefused(stage.redeem())
                // Not even what was done before is heard again.
                try await stage.send([first])
                try await eventually("the repeat is refused") {
                    try await stage.service.failures().contains { $0.messageId == first.redemptionId.text }
                }
                #expect(try await stage.count() == 1)
            }
        }
    }

    @Test func aCopyThatIsNotCompleteGivesNobodyAnything() async throws {
        try await withStage { stage in
            try await stage.service.running {
                let grant = stage.grant()
                try await stage.cities.say(grant, to: stage.service)
                try await stage.expectRefused(stage.redeem())
                try await stage.cities.close(1, to: stage.service)
                try await stage.send([stage.redeem()])
                try await stage.service.waitForEffects(1, "redeem")

                try await wipe(stage.service)
                try await stage.expectRefused(stage.redeem())
                _ = try await stage.administrator.requester.call(issue())
                // An old event is back before the owner has said what has become of it.
                try await stage.cities.say(grant, to: stage.service)
                try await stage.expectRefused(stage.redeem())
                try await eventually("the copy is asked for") {
                    try await stage.service.vhost.administer { try $0.messageCount("cities.bulk") } > 0
                }
                try await stage.cities.close(1, to: stage.service)
                try await stage.send([stage.redeem()])
                try await stage.service.waitForEffects(2, "redeem")
                #expect(try await stage.count() == 2)
            }
        }
    }

    private func wipe(_ service: TestService) async throws {
        let connection = try await Connection.connect(to: service.database, name: "wipe")
        try await connection.runScript(
            "DELETE FROM access_grant; UPDATE copy SET completed_at = NULL WHERE name = 'grants'")
        await connection.close()
    }

    @Test func aRefusedMessageIsRedrivenOnceItsSenderMaySendIt() async throws {
        try await withStage { stage in
            try await stage.service.running {
                try await stage.cities.close(0, to: stage.service)
                try await stage.send([stage.redeem()])
                _ = try await stage.service.waitForFailure("not-allowed", .failed)
                let redrive = RedriveFailures<VouchersService>(FailureSelection(code: "not-allowed"))
                #expect(try await stage.administrator.requester.call(redrive).count == 1)
                try await eventually("it is refused again") {
                    try await stage.service.failures().first?.attempts == 1
                }
                #expect(try await stage.service.failures().map(\.code) == ["not-allowed"])
                #expect(try await stage.count() == 0)

                try await stage.cities.say(stage.grant(), to: stage.service)
                #expect(try await stage.administrator.requester.call(redrive).count == 1)
                try await stage.service.waitForEffects(1, "redeem")
                _ = try await stage.service.waitForFailure("not-allowed", .done)
                #expect(try await stage.count() == 1)
            }
        }
    }

    @Test func thoseThatWereRefusedAreRedrivenTogetherAndHaveOneEffectEach() async throws {
        try await withStage { stage in
            try await stage.service.running {
                try await stage.cities.close(0, to: stage.service)
                let (mine, others) = ((0..<100).map { _ in stage.redeem() }, (0..<3).map { _ in stage.redeem(UUID()) })
                try await stage.send(mine + others)
                try await eventually("all are refused") { try await stage.service.failures().count == 103 }
                try await stage.cities.say(stage.grant(), to: stage.service)
                // Some have come again and were handled.
                try await stage.send(Array(mine.prefix(10)))
                try await stage.service.waitForEffects(10, "redeem")
                let redrive = RedriveFailures<VouchersService>(
                    FailureSelection(code: "not-allowed"), redriveId: UUID())
                #expect(try await stage.administrator.requester.call(redrive).count == 103)
                let id = try #require(redrive.redriveId)
                try await eventually("all have been tried") {
                    try await stage.administrator.requester.call(GetRedrive<VouchersService>(redriveId: id)).waiting
                        == 0
                }
                let end = try await stage.administrator.requester.call(GetRedrive<VouchersService>(redriveId: id))
                #expect(end.done == 100 && end.failed == 3)
                #expect(try await stage.count() == 100)
            }
        }
    }

    @Test func anInstanceThatDidNotHearOfAGrantKnowsItFromTheDatabase() async throws {
        try await withStage { stage in
            try await stage.service.running {
                // The event goes to one of the two.
                try await stage.service.running {
                    try await stage.cities.say(stage.grant(), to: stage.service)
                    try await stage.cities.close(1, to: stage.service)
                    try await stage.send((0..<400).map { _ in stage.redeem() })
                    try await stage.service.waitForEffects(400, "redeem")
                }
                #expect(try await stage.service.failures().isEmpty)
            }
        }
    }

    @Test func queriesThatAreNotPublicAskForARight() async throws {
        try await withStage { stage in
            try await stage.service.running { () async throws in
                try await stage.expectRefused(GetLedger())
                try await stage.expectRefused(GetStatus<VouchersService>())
                try await stage.expectRefused(FindFailures<VouchersService>())
                try await stage.expectRefused(GetFailure<VouchersService>(failureId: UUID()))
                try await stage.expectRefused(DiscardFailures<VouchersService>(.init(code: "x"), reason: "mine"))
                _ = try await stage.till.requester.call(GetBalance(code: Secret("a")))
                let bank = Grant(
                    grantId: UUID(), userId: stage.tillUser, role: .integrator,
                    messageTypes: [GetStatus<VouchersService>.type.description])
                try await stage.cities.say(AccessGranted(bank, version: 1, revoked: false), to: stage.service)
                try await stage.cities.close(1, to: stage.service)
                _ = try await stage.till.requester.call(GetStatus<VouchersService>())
                try await stage.expectRefused(FindFailures<VouchersService>())
            }
        }
    }

    @Test func aGrantSaidByAnybodyElseIsNone() async throws {
        try await withStage { stage in
            try await stage.service.running {
                try await stage.cities.close(0, to: stage.service)
                let forged = Grant(grantId: UUID(), userId: stage.tillUser, role: .administrator)
                let event = OutgoingMessage(
                    exchange: Topology.Names.events, routingKey: AccessGranted.type.description,
                    properties: Properties(messageID: "forged"),
                    body: try JSONEncoder.stable(AccessGranted(forged, version: 9, revoked: false)))
                // The broker of this test lets everybody publish; the suite's own does not.
                #expect(await stage.till.publisher.publish([event]) == [.confirmed])
                _ = try await stage.service.waitForFailure("not-the-owner", .failed)
                #expect(try await stage.service.reading(ReadKept()).isEmpty)
                try await stage.expectRefused(GetLedger())
            }
        }
    }
}
