public import FoundationEssentials

/// Publishes an event in the calendar: `events.publish.v1`.
///
/// Refused with `event-differs`.
public struct PublishEvent: Command {
    /// `events.publish.v1`.
    public static let type = MessageType(.events, .command, "publish")

    /// Who goes first when a party does not fit into the seats that are free.
    public enum Fairness: String, Codable, Sendable {
        /// The first in line waits, and so does everybody behind.
        case strict
        /// The next party that fits is taken.
        case fill
    }

    /// For foreign keys.
    public var eventId: UUID
    /// The cities that hold it together; at least one.
    public var cityIds: [UUID]
    /// In at least one language.
    public var title: LocalizedText
    /// When it starts.
    public var startsAt: Timestamp
    /// IANA; what the wall clock shows there.
    public var timeZone: String
    /// Seats.
    public var capacity: Int
    /// Strict if absent.
    public var fairness: Fairness?

    /// Makes the command.
    public init(
        eventId: UUID, cityIds: [UUID], title: LocalizedText, startsAt: Timestamp, timeZone: String, capacity: Int,
        fairness: Fairness? = nil
    ) {
        self.eventId = eventId
        self.cityIds = cityIds
        self.title = title
        self.startsAt = startsAt
        self.timeZone = timeZone
        self.capacity = capacity
        self.fairness = fairness
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { eventId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((1...24).contains(cityIds.count), "cityIds", "must be 1 to 24 cities")
        checks.require(Set(cityIds).count == cityIds.count, "cityIds", "names a city twice")
        checks.localized(title, "title")
        checks.text(timeZone, "timeZone", max: 64)
        checks.require((0...100_000).contains(capacity), "capacity", "must be 0 to 100000 seats")
        try checks.finish()
    }

    /// The event and its version.
    public struct Reply: Codable, Equatable, Sendable {
        /// The event.
        public var eventId: UUID
        /// Its version.
        public var version: Int64

        /// Makes the answer.
        public init(eventId: UUID, version: Int64) {
            self.eventId = eventId
            self.version = version
        }
    }
}

/// An event is in the calendar, in this state: `events.published.v1` (state).
public struct EventPublished: Event {
    /// `events.published.v1`.
    public static let type = MessageType(.events, .event, "published")

    /// The event.
    public var eventId: UUID
    /// Who holds it.
    public var cityIds: [UUID]
    /// Its title.
    public var title: LocalizedText
    /// When it starts.
    public var startsAt: Timestamp
    /// IANA.
    public var timeZone: String
    /// Seats.
    public var capacity: Int
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(
        eventId: UUID, cityIds: [UUID], title: LocalizedText, startsAt: Timestamp, timeZone: String, capacity: Int,
        version: Int64
    ) {
        self.eventId = eventId
        self.cityIds = cityIds
        self.title = title
        self.startsAt = startsAt
        self.timeZone = timeZone
        self.capacity = capacity
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { eventId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
}

/// An event was not published: `events.publish-refused.v1`.
public struct PublicationRefused: Event {
    /// `events.publish-refused.v1`.
    public static let type = MessageType(.events, .refusal, "publish-refused")

    /// The event of the command.
    public var eventId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(eventId: UUID, code: String) {
        self.eventId = eventId
        self.code = code
    }
}

/// Asks for an event and its seats: `events.get-event.v1`.
///
/// Refused with `event-unknown`.
public struct GetEvent: Query {
    /// `events.get-event.v1`.
    public static let type = MessageType(.events, .query, "get-event")

    /// The event.
    public var eventId: UUID

    /// Makes the query.
    public init(eventId: UUID) {
        self.eventId = eventId
    }

    /// The event and its seats.
    public struct Reply: Codable, Equatable, Sendable {
        /// The event.
        public var eventId: UUID
        /// Its title.
        public var title: LocalizedText
        /// When it starts.
        public var startsAt: Timestamp
        /// Seats there are.
        public var capacity: Int
        /// Seats taken.
        public var taken: Int
        /// People who wait.
        public var waiting: Int

        /// Makes the answer.
        public init(eventId: UUID, title: LocalizedText, startsAt: Timestamp, capacity: Int, taken: Int, waiting: Int) {
            self.eventId = eventId
            self.title = title
            self.startsAt = startsAt
            self.capacity = capacity
            self.taken = taken
            self.waiting = waiting
        }
    }
}
