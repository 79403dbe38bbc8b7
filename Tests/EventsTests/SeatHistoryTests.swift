import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import events

/// Random histories of registrations and cancellations, in batches with only as much loaded as a batch needs, against a
/// model that keeps one list and walks it from the start each time.
@Suite struct SeatHistoryTests {
    /// The model: everybody in the order in which they came.
    private struct Model {
        struct Party {
            var id: UUID
            var person: UUID
            var size: Int
            var isIn: Bool
        }

        var capacity: Int
        var fairness: PublishEvent.Fairness
        var parties: [Party] = []

        var taken: Int { parties.filter(\.isIn).map(\.size).reduce(0, +) }

        /// Walks the line from its head until nobody moves; who got in, in order.
        mutating func settle() -> [UUID] {
            var moved: [UUID] = []
            for index in parties.indices where !parties[index].isIn {
                if taken + parties[index].size <= capacity {
                    parties[index].isIn = true
                    moved.append(parties[index].id)
                } else if fairness == .strict {
                    break
                }
            }
            return moved
        }

        mutating func add(_ command: RegisterForEvent) -> RegisterForEvent.Reply.Outcome {
            parties.append(
                Party(id: command.registrationId, person: command.personId, size: command.party, isIn: false))
            return settle().contains(command.registrationId) ? .registered : .waitlisted
        }
    }

    private struct World {
        var generator: SeededGenerator
        var model: Model
        var event: SeatedEvent
        var rows: [UUID: Registration] = [:]
        var refused: [UUID: RefusedRegistration] = [:]
        var commands: [RegisterForEvent] = []
        var outcomes: [UUID: RegisterForEvent.Reply.Outcome] = [:]
        let people = (0..<12).map { _ in UUID() }
        let now = Timestamp(milliseconds: 1_796_113_800_000)

        init(seed: UInt64, _ fairness: PublishEvent.Fairness) {
            generator = SeededGenerator(seed: seed)
            let capacity = Int.random(in: 1...9, using: &generator)
            model = Model(capacity: capacity, fairness: fairness)
            event = SeatedEvent(
                eventId: UUID(), title: ["de": "Markt"], startsAt: Timestamp(milliseconds: 1_797_094_800_000),
                timeZone: "Europe/Vienna", capacity: capacity, fairness: fairness, taken: 0, waiting: 0, lastPlace: 0)
        }

        func hold(_ holds: Bool, _ what: String) {
            if !holds { Issue.record("\(what)") }
        }

        mutating func registerSome() {
            let batch = (0..<Int.random(in: 1...6, using: &generator)).map { _ in anyRegistration() }
            let ids = Set(batch.map(\.registrationId))
            let persons = Set(batch.map(\.personId))
            var seats = SeatDecisions(
                events: [event],
                registrations: rows.values.filter {
                    ids.contains($0.registrationId) || ($0.isActive && persons.contains($0.personId))
                }, refused: refused.values.filter { ids.contains($0.registrationId) })
            for command in batch { decide(command, &seats) }
            write(seats.changes)
        }

        private mutating func anyRegistration() -> RegisterForEvent {
            if Int.random(in: 0..<4, using: &generator) == 0, let again = commands.randomElement(using: &generator) {
                return again
            }
            return RegisterForEvent(
                registrationId: UUID(), eventId: event.eventId,
                personId: people.randomElement(using: &generator) ?? UUID(),
                party: Int.random(in: 1...3, using: &generator))
        }

        private mutating func decide(_ command: RegisterForEvent, _ seats: inout SeatDecisions) {
            switch seats.register(command, at: now) {
            case .placed(let registration, _):
                hold(!model.parties.contains { $0.person == command.personId }, "a person is in twice")
                let expected = model.add(command)
                hold(registration.outcome == expected, "in or in line differs")
                outcomes[command.registrationId] = expected
                commands.append(command)
            case .repeated(let reply):
                hold(outcomes[command.registrationId] == reply.outcome, "a repeat differs")
            case .refused(.alreadyRegistered):
                hold(model.parties.contains { $0.person == command.personId }, "refused without reason")
                commands.append(command)
            case .refused(.partyTooLarge):
                hold(command.party > model.capacity, "refused without reason")
                commands.append(command)
            case .repeatedRefusal(let reason):
                hold(refused[command.registrationId]?.reason == reason || outcomes[command.registrationId] == nil, "")
            case .refused(let reason):
                hold(false, "refused with \(reason)")
            }
        }

        mutating func cancelSome() {
            let batch = (0..<Int.random(in: 1...4, using: &generator)).compactMap { _ in
                rows.values.sorted { $0.place < $1.place }.randomElement(using: &generator)
            }
            var seats = SeatDecisions(events: [event], registrations: needed(for: batch))
            for row in batch {
                let command = CancelRegistration(registrationId: row.registrationId, eventId: event.eventId)
                let isThere = model.parties.contains { $0.id == row.registrationId }
                switch seats.cancel(command, at: now) {
                case .cancelled(_, let promoted, _):
                    hold(isThere, "cancelled twice")
                    model.parties.removeAll { $0.id == row.registrationId }
                    hold(promoted.map(\.registrationId) == model.settle(), "promotions differ")
                case .repeated:
                    hold(!isThere, "not cancelled")
                case .refused(let reason):
                    hold(false, "refused with \(reason)")
                }
            }
            write(seats.changes)
        }

        /// As little of the line as the decisions promise to need.
        private func needed(for batch: [Registration]) -> [Registration] {
            let depth = event.free + batch.map(\.party).reduce(0, +)
            let line = rows.values.filter { $0.state == .waitlisted }.sorted { $0.place < $1.place }
            let front = (1...3).flatMap { size in line.filter { $0.party == size }.prefix(depth) }
            return Array(Set(front + batch))
        }

        private mutating func write(_ changes: SeatDecisions.Changes) {
            for event in changes.events { self.event = event }
            for row in changes.inserted {
                hold(rows[row.registrationId] == nil, "inserted twice")
                rows[row.registrationId] = row
            }
            for row in changes.updated {
                hold(rows[row.registrationId] != nil, "updated before it was there")
                rows[row.registrationId] = row
            }
            for refusal in changes.refused { refused[refusal.registrationId] = refusal }
            check()
        }

        private func check() {
            let active = rows.values.filter(\.isActive)
            let seated = active.filter { $0.state == .registered }
            hold(event.taken == seated.map(\.party).reduce(0, +), "the count of seats differs from the rows")
            hold(event.waiting == active.count - seated.count, "the count of the line differs from the rows")
            hold(event.taken <= event.capacity, "more seats are taken than there are")
            hold(event.taken == model.taken, "the model has other seats taken")
            hold(Set(active.map(\.personId)).count == active.count, "a person is in twice")
            hold(Set(rows.values.map(\.place)).count == rows.count, "a place was given twice")
            let expected = Set(model.parties.filter(\.isIn).map(\.id))
            hold(Set(seated.map(\.registrationId)) == expected, "others are in than in the model")
        }
    }

    @Test(arguments: [PublishEvent.Fairness.strict, .fill], 0..<10)
    func everyHistoryAgreesWithTheModel(fairness: PublishEvent.Fairness, block: UInt64) {
        for seed in block * 25..<(block + 1) * 25 {
            var world = World(seed: seed, fairness)
            for step in 0..<16 {
                if step % 3 == 2 { world.cancelSome() } else { world.registerSome() }
            }
        }
    }
}
