import Contracts
import FoundationEssentials
import Messaging

/// Something that one person is to be told.
struct Occasion: Sendable {
    var template: Template
    /// The business id of what happened; the person is told once, however often it is said.
    var occasionId: UUID
    var personId: UUID
    var facts: Facts
}

/// A handler of events that tells somebody about them: all it has to say is who is told what.
protocol TellingHandler: Handler where Message: Event {
    /// What everybody tells with.
    var newsroom: Newsroom { get }

    /// Who is told what; nil if nobody is.
    func occasion(of event: Message) -> Occasion?
}

extension TellingHandler {
    func handle(_ batch: Batch<Message>, in transaction: inout MessageTransaction) async throws {
        let occasions = batch.messages.compactMap { received in
            occasion(of: received.message).map { ($0, received.envelope.traceparent) }
        }
        try await newsroom.tell(occasions, at: batch.now, in: &transaction)
    }
}

extension Fact {
    /// A voucher's events say no zone; all cities of the network have the same time.
    static func localDay(_ moment: Timestamp) -> Fact { .day(moment, timeZone: "Europe/Vienna") }

    /// The time of day in the network's cities.
    static func localMoment(_ moment: Timestamp) -> Fact { .moment(moment, timeZone: "Europe/Vienna") }
}

extension Occasion {
    /// What is told about a registration differs in the words only.
    init(_ template: Template, _ registration: RegistrationFacts) {
        self.init(
            template: template, occasionId: registration.registrationId, personId: registration.personId,
            facts: [
                "title": .text(registration.title),
                "startsAt": .moment(registration.startsAt, timeZone: registration.timeZone),
                "seats": .seats(registration.party),
            ])
    }
}
