import AMQP
import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// Intake that operators pause, over all instances of a service.
@Suite(.timeLimit(.minutes(1))) struct IntakeTests {
    private typealias Owner = VouchersService

    private func waiting(_ service: TestService) async throws -> Int {
        try await service.vhost.administer { try $0.messageCount("vouchers.commands") }
    }

    private func readers(_ service: TestService) async throws -> Int {
        try await service.vhost.administer { channel in
            try channel.requireQueue("vouchers.commands").consumers + channel.requireQueue("vouchers.bulk").consumers
        }
    }

    @Test func everyInstanceStopsTakingAndGoesOn() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                try await service.running {
                    try await client.send(issues(20))
                    try await service.waitForEffects(20)
                    let paused = try await client.requester.call(PauseIntake<Owner>(seconds: 600, reason: "a test"))
                    let until = try #require(paused.pausedUntil)
                    #expect(until.date > Date(timeIntervalSinceNow: 500))
                    try await eventually("nobody reads commands") { try await readers(service) == 0 }
                    try await client.send(issues(30))
                    try await eventually("the commands are in their queue") { try await waiting(service) == 30 }
                    // Queries are answered all the same.
                    let status = try await client.requester.call(GetStatus<Owner>())
                    #expect(status.intakePausedUntil == paused.pausedUntil)
                    #expect(try await service.effects() == 20)
                    #expect(try await client.requester.call(ResumeIntake<Owner>()).pausedUntil == nil)
                    try await service.waitForEffects(50)
                }
            }
            #expect(try await service.effects() == 50)
        }
    }

    @Test func aPauseEndsByItselfAndNeverEarlierBecauseOfAnother() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                let first = try await client.requester.call(PauseIntake<Owner>(seconds: 10))
                let second = try await client.requester.call(PauseIntake<Owner>(seconds: 1))
                #expect(first == second)
                // An instance learns of it from the row, a moment later.
                try await eventually("nobody reads commands") { try await readers(service) == 0 }
                try await client.send(issues(5))
                try await service.waitForEffects(5)
                let until = try #require(first.pausedUntil)
                #expect(Date() >= until.date)
                #expect(try await client.requester.call(GetStatus<Owner>()).intakePausedUntil == nil)
            }
        }
    }

    @Test func anInstanceThatStartsMeanwhileTakesNothing() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                _ = try await client.requester.call(PauseIntake<Owner>(seconds: 600))
            }
            try await client.send(issues(5))
            try await service.running {
                _ = try await client.requester.call(GetStatus<Owner>())
                #expect(try await waiting(service) == 5)
                _ = try await client.requester.call(ResumeIntake<Owner>())
                try await service.waitForEffects(5)
            }
        }
    }

    @Test func theScheduleWaits() async throws {
        try await withServiceAndClient { service, client in
            service.switches.delay = .milliseconds(1_500)
            try await service.running {
                _ = try await client.requester.call(issue(Amount.later))
                let due = Date(timeIntervalSinceNow: 1.5)
                _ = try await client.requester.call(PauseIntake<Owner>(seconds: 600))
                try await eventually("it is due") { Date() > due }
                // The look at the status is later than any tick that would have moved it.
                try await eventually("the schedule has been looked at") { Date() > due.addingTimeInterval(0.5) }
                #expect(try await client.requester.call(GetStatus<Owner>()).scheduled == 1)
                _ = try await client.requester.call(ResumeIntake<Owner>())
                try await service.waitForEffects(1, "redeem")
            }
        }
    }

    @Test func onlyAdministratorsPause() async throws {
        try await withServiceAndClient { service, _ in
            let stranger = try await service.vhost.makeUser("stranger")
            try await withClient(stranger, watches: false) { client in
                try await service.running {
                    await #expect(throws: RequestError.self) {
                        try await client.requester.call(PauseIntake<Owner>(seconds: 600))
                    }
                    let pauses = try await service.reading(ReadPause())
                    #expect(pauses.isEmpty)
                }
            }
        }
    }

    @Test func aLengthOutOfBoundsBreaksTheContract() {
        for seconds in [Int.min, 0, 3_601, Int.max] {
            #expect(throws: Problem.self) { try PauseIntake<Owner>(seconds: seconds).validate() }
        }
        #expect(throws: Problem.self) { try PauseIntake<Owner>(seconds: 1, reason: "a\nb").validate() }
        #expect(throws: Never.self) { try PauseIntake<Owner>(seconds: 3_600, reason: "backup").validate() }
    }
}
