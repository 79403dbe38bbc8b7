import Contracts
import FoundationEssentials

/// An event as it was published.
struct PublishedEvent: Hashable, Sendable {
    var eventId: UUID
    var cityIds: [UUID]
    var title: LocalizedText
    var startsAt: Timestamp
    var timeZone: String
    var capacity: Int
    var fairness: PublishEvent.Fairness
    var version: Int64

    /// What a command asks for, as version 1.
    init(_ command: PublishEvent) {
        eventId = command.eventId
        cityIds = command.cityIds
        title = command.title
        startsAt = command.startsAt
        timeZone = command.timeZone
        capacity = command.capacity
        fairness = command.fairness ?? .strict
        version = 1
    }

    /// What everybody is told.
    var event: EventPublished {
        EventPublished(
            eventId: eventId, cityIds: cityIds, title: title, startsAt: startsAt, timeZone: timeZone,
            capacity: capacity, version: version)
    }

    /// What the asker is answered.
    var reply: PublishEvent.Reply { PublishEvent.Reply(eventId: eventId, version: version) }

    /// Whether a command asks for the same.
    func matches(_ command: PublishEvent) -> Bool {
        var asked = PublishedEvent(command)
        asked.version = version
        return self == asked
    }
}

/// Decides a batch of publications, one after the other; load it with the events published earlier under its ids.
struct Publications: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is in the calendar now: answer, and tell.
        case published(PublishedEvent)
        /// It was in the calendar before: answer, and tell nobody.
        case repeated(PublishedEvent)
        /// The id was used with other content: answer with this, and tell.
        case refused(Problem)
    }

    private var events: [UUID: PublishedEvent]
    private var published: [PublishedEvent] = []

    init(earlier: [PublishedEvent]) {
        events = Dictionary(earlier.map { ($0.eventId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func publish(_ command: PublishEvent) -> Decision {
        if let first = events[command.eventId] {
            return first.matches(command)
                ? .repeated(first)
                : .refused(Problem("event-differs", "This event id was used with other content."))
        }
        let event = PublishedEvent(command)
        events[event.eventId] = event
        published.append(event)
        return .published(event)
    }

    /// What is new, by id.
    var changes: [PublishedEvent] { published.sorted { $0.eventId < $1.eventId } }
}
