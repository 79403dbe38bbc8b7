import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import events

/// Publishing events on a real database.
@Suite struct PublishingTests {
    @Test func anEventIsPublishedAndSaidOnce() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let market = samplePublication(capacity: 20)
            let first = try await bench.run(PublishEvents(), [market])
            #expect(try first.reply(to: PublishEvent.self).version == 1)
            let said = try #require(try first.events(EventPublished.self).first)
            #expect(said.eventId == market.eventId && said.cityIds == market.cityIds && said.title == market.title)
            #expect(said.startsAt == market.startsAt && said.capacity == 20 && first.events.first?.sequence == 1)

            var spelledOut = market
            spelledOut.fairness = .strict
            let repeated = try await bench.run(PublishEvents(), [market, spelledOut])
            #expect(try repeated.reply(0, to: PublishEvent.self) == first.reply(to: PublishEvent.self))
            #expect(try repeated.reply(1, to: PublishEvent.self) == first.reply(to: PublishEvent.self))
            #expect(repeated.events.isEmpty)
        }
    }

    @Test func anIdStandsForOneEvent() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let market = samplePublication(capacity: 20)
            try await bench.published(market)
            let changes: [(inout PublishEvent) -> Void] = [
                { $0.capacity = 21 }, { $0.title.texts["hu"] = "Piac" }, { $0.cityIds.reverse() },
                { $0.startsAt = Timestamp(milliseconds: $0.startsAt.milliseconds + 1) }, { $0.fairness = .fill },
                { $0.timeZone = "Europe/Vienna" },
            ]
            let others = changes.map { change in
                var other = market
                change(&other)
                return other
            }
            let outcome = try await bench.run(PublishEvents(), others)
            #expect(others.indices.allSatisfy { outcome.problem($0)?.code == "event-differs" })
            #expect(try outcome.events(PublicationRefused.self).count == others.count)
            #expect(outcome.events.count == others.count)
        }
    }

    @Test func anEventTellsHowFullItIs() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let market = samplePublication(capacity: 3)
            try await bench.published(market, samplePublication(capacity: 0))
            _ = try await bench.register(market.registering(2), market.registering(2), market.registering(3))
            let reply = try await bench.ask(GetEvents(), GetEvent(eventId: market.eventId))
            #expect(
                reply
                    == GetEvent.Reply(
                        eventId: market.eventId, title: market.title, startsAt: market.startsAt, capacity: 3, taken: 2,
                        waiting: 5))
            let problem = await #expect(throws: Problem.self) {
                try await bench.ask(GetEvents(), GetEvent(eventId: UUID()))
            }
            #expect(problem?.code == "event-unknown")
        }
    }
}
