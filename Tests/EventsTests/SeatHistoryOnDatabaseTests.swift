import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import events

/// Long histories in batches on a real database, against the same decisions made with everything known.
@Suite struct SeatHistoryOnDatabaseTests {
    private enum Step {
        case register([RegisterForEvent])
        case cancel([CancelRegistration])
    }

    /// Batches over a few events: parties of all sizes, repeats, cancellations of what is in and of what waits.
    private func steps(
        _ events: [PublishEvent], count: Int, using generator: inout SeededGenerator
    ) -> [Step] {
        let people = (0..<40).map { _ in UUID() }
        var sent: [RegisterForEvent] = []
        return (0..<count).map { _ in
            let size = Int.random(in: 1...12, using: &generator)
            if Bool.random(using: &generator), !sent.isEmpty {
                return .cancel((0..<size).compactMap { _ in sent.randomElement(using: &generator)?.cancelling })
            }
            let batch = (0..<size).compactMap { _ -> RegisterForEvent? in
                if Int.random(in: 0..<8, using: &generator) == 0 { return sent.randomElement(using: &generator) }
                guard let event = events.randomElement(using: &generator),
                    let person = people.randomElement(using: &generator)
                else { return nil }
                return event.registering(Int.random(in: 1...10, using: &generator), person: person)
            }
            sent += batch
            return .register(batch)
        }
    }

    @Test func whatIsReadForABatchIsEnoughToDecideIt() async throws {
        var generator = SeededGenerator()
        let events = [
            samplePublication(capacity: 12), samplePublication(capacity: 30, .fill),
            samplePublication(capacity: 9, .fill),
        ]
        let steps = steps(events, count: 150, using: &generator)
        try await withHandlerBench(EventsDefinition.schema) { bench in
            _ = try await bench.run(PublishEvents(), events)
            var model = SeatDecisions(
                events: try await bench.database.execute(ReadSeatedEvents(ids: events.map(\.eventId))),
                registrations: [])
            let now = Timestamp(milliseconds: yetToStart.milliseconds - 1)
            for (number, step) in steps.enumerated() {
                switch step {
                case .register(let commands):
                    let outcome = try await bench.run(RegisterForEvents(), commands)
                    for (index, command) in commands.enumerated() {
                        let expected = Self.text(model.register(command, at: now))
                        let found =
                            try outcome.problem(index)?.code
                            ?? outcome.reply(index, to: RegisterForEvent.self).outcome.rawValue
                        #expect(found == expected, "step \(number)")
                    }
                case .cancel(let commands):
                    let outcome = try await bench.run(CancelRegistrations(), commands)
                    var promoted: [UUID] = []
                    for (index, command) in commands.enumerated() {
                        let (expected, moved) = Self.text(model.cancel(command, at: now))
                        promoted += moved
                        let found =
                            try outcome.problem(index)?.code
                            ?? "promoted \(outcome.reply(index, to: CancelRegistration.self).promoted)"
                        #expect(found == expected, "step \(number)")
                    }
                    #expect(
                        try outcome.events(PersonPromoted.self).map(\.registration.registrationId) == promoted,
                        "step \(number)")
                }
            }
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func manyAtOnceNeverGiveAwayMoreThanThereIs() async throws {
        var generator = SeededGenerator()
        let events = [
            samplePublication(capacity: 10), samplePublication(capacity: 25, .fill), samplePublication(capacity: 3),
        ]
        let lanes = (0..<4).map { _ in steps(events, count: 30, using: &generator) }
        try await withHandlerBench(EventsDefinition.schema, connections: 4) { bench in
            _ = try await bench.run(PublishEvents(), events)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in lanes {
                    group.addTask {
                        for step in lane {
                            switch step {
                            case .register(let commands): _ = try await bench.run(RegisterForEvents(), commands)
                            case .cancel(let commands): _ = try await bench.run(CancelRegistrations(), commands)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    private static func text(_ decision: SeatDecisions.Registering) -> String {
        switch decision {
        case .placed(let registration, _): registration.outcome.rawValue
        case .repeated(let reply): reply.outcome.rawValue
        case .repeatedRefusal(let reason), .refused(let reason): reason.rawValue
        }
    }

    private static func text(_ decision: SeatDecisions.Cancelling) -> (String, [UUID]) {
        switch decision {
        case .cancelled(_, let promoted, _): ("promoted \(promoted.count)", promoted.map(\.registrationId))
        case .repeated(let reply): ("promoted \(reply.promoted)", [])
        case .refused(let reason): (reason.rawValue, [])
        }
    }
}
