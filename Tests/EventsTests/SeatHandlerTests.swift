import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import events

/// Registering and cancelling on a real database.
@Suite struct SeatHandlerTests {
    @Test func aBatchHoldsRegistrationsForSeveralEvents() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let (market, concert) = (samplePublication(capacity: 2), samplePublication(capacity: 1))
            try await bench.published(market, concert)
            let commands = [
                market.registering(2), concert.registering(), market.registering(), concert.registering(2),
                samplePublication(capacity: 9).registering(), concert.registering(),
            ]
            let outcome = try await bench.run(RegisterForEvents(), commands)
            #expect(try outcome.reply(0, to: RegisterForEvent.self).outcome == .registered)
            #expect(try outcome.reply(1, to: RegisterForEvent.self).outcome == .registered)
            #expect(try outcome.reply(2, to: RegisterForEvent.self).outcome == .waitlisted)
            #expect(outcome.problem(3)?.code == "party-too-large")
            #expect(outcome.problem(4)?.code == "event-unknown")
            #expect(try outcome.reply(5, to: RegisterForEvent.self).outcome == .waitlisted)
            let registered = try outcome.events(PersonRegistered.self).map(\.registration)
            #expect(registered.map(\.registrationId) == [0, 1].map { commands[$0].registrationId })
            #expect(registered.first?.title == market.title && registered.first?.timeZone == market.timeZone)
            #expect(
                try outcome.events(PersonWaitlisted.self).map(\.registration.personId)
                    == [2, 5].map { commands[$0].personId })
            #expect(
                try outcome.events(RegistrationRefused.self).map(\.code) == ["party-too-large", "event-unknown"])
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func aRepeatGetsTheFirstOutcomeAndIsNotSaidAgain() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let (market, unknown) = (samplePublication(capacity: 1), samplePublication(capacity: 1))
            try await bench.published(market)
            let (first, second, third) = (market.registering(), market.registering(), unknown.registering())
            let outcomes = ["registered", "waitlisted", "event-unknown"]
            #expect(try await bench.register(first, second, third) == outcomes)
            _ = try await bench.run(CancelRegistrations(), [first.cancelling])
            let repeated = try await bench.run(RegisterForEvents(), [first, second, third])
            #expect(repeated.events.isEmpty)
            #expect(try await bench.register(first, second, third) == outcomes, "whatever happened since")
            var other = second
            other.party = 2
            #expect(try await bench.register(other) == ["registration-differs"])
            other = third
            other.personId = UUID()
            #expect(try await bench.register(other) == ["registration-differs"])
        }
    }

    @Test func aPersonHasOneRegistrationForAnEventAtATime() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let (market, person) = (samplePublication(capacity: 5), UUID())
            try await bench.published(market)
            let first = market.registering(person: person)
            let codes = try await bench.register(first, market.registering(person: person))
            #expect(codes == ["registered", "already-registered"])
            #expect(try await bench.register(market.registering(person: person)) == ["already-registered"])
            _ = try await bench.run(CancelRegistrations(), [first.cancelling])
            #expect(try await bench.register(market.registering(person: person)) == ["registered"])
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func aCancellationPromotesInTheOrderOfTheLine() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let market = samplePublication(capacity: 2)
            try await bench.published(market)
            let (first, pair, single) = (market.registering(2), market.registering(2), market.registering())
            _ = try await bench.register(first, pair, single)
            let outcome = try await bench.run(CancelRegistrations(), [first.cancelling, first.cancelling])
            #expect(try outcome.reply(0, to: CancelRegistration.self).promoted == 1)
            #expect(try outcome.reply(1, to: CancelRegistration.self).promoted == 1)
            #expect(
                outcome.events.map(\.type) == ["events.registration-cancelled.v1", "events.promoted.v1"])
            #expect(
                try outcome.events(PersonPromoted.self).map(\.registration.registrationId) == [pair.registrationId])

            let later = try await bench.run(
                CancelRegistrations(), [first.cancelling, pair.cancelling, market.registering().cancelling])
            #expect(try later.reply(0, to: CancelRegistration.self).promoted == 1, "the first answer again")
            #expect(
                try later.events(PersonPromoted.self).map(\.registration.registrationId) == [single.registrationId])
            #expect(later.problem(2)?.code == "registration-unknown")
            #expect(try later.events(CancellationRefused.self).count == 1)
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func thoseWhoLeaveTheLineDoNotHideThoseBehind() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let market = samplePublication(capacity: 4)
            try await bench.published(market)
            let (head, last) = (market.registering(4), market.registering())
            let between = (0..<3).map { _ in market.registering() }
            _ = try await bench.run(RegisterForEvents(), [market.registering(), head] + between + [last])
            let outcome = try await bench.run(CancelRegistrations(), (between + [head]).map(\.cancelling))
            #expect(
                try outcome.events(PersonPromoted.self).map(\.registration.registrationId) == [last.registrationId])
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func nothingChangesOnceAnEventHasStarted() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let (market, past) = (samplePublication(capacity: 1), samplePublication(capacity: 1, startsAt: started))
            try await bench.published(market, past)
            #expect(try await bench.register(past.registering()) == ["event-started"])
            let (first, second) = (market.registering(), market.registering())
            #expect(try await bench.register(first, second) == ["registered", "waitlisted"])
            let outcome = try await bench.run(CancelRegistrations(), [first.cancelling], at: yetToStart.date)
            #expect(outcome.problem()?.code == "event-started")
            #expect(try outcome.events(PersonPromoted.self).isEmpty)
            #expect(try await bench.register(market.registering(), at: yetToStart) == ["event-started"])
        }
    }

    @Test func theLastSeatIsGivenOnce() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            for _ in 0..<20 {
                let market = samplePublication(capacity: 1)
                try await bench.published(market)
                async let one = bench.register(market.registering())
                async let other = bench.register(market.registering())
                #expect(try await (one + other).sorted() == ["registered", "waitlisted"])
            }
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func onePersonAskingTwiceAtOnceIsRegisteredOnce() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            for _ in 0..<10 {
                let (market, person) = (samplePublication(capacity: 5), UUID())
                try await bench.published(market)
                async let one = bench.register(market.registering(person: person))
                async let other = bench.register(market.registering(person: person))
                #expect(try await (one + other).sorted() == ["already-registered", "registered"])
            }
        }
    }
}
