public import Contracts
import FoundationEssentials
public import Postgres

// The SQL of events. Rows are locked and inserted in the order of their ids everywhere: two batches that lock in different
// order deadlock.

// MARK: Columns

extension PublishEvent.Fairness: PostgresScalar {
    /// For checking statements without a row.
    public static var sample: PublishEvent.Fairness? { .strict }
}

/// Titles by language, as two columns.
private enum TitleColumns {
    static let sql = """
        ARRAY(SELECT language FROM event_title AS t WHERE t.event_id = event.event_id ORDER BY language),
        ARRAY(SELECT title FROM event_title AS t WHERE t.event_id = event.event_id ORDER BY language)
        """

    static func next(_ columns: inout Columns) throws -> LocalizedText {
        let (languages, titles): ([String], [String]) = (try columns.next(), try columns.next())
        return LocalizedText(Dictionary(zip(languages, titles)) { first, _ in first })
    }
}

// MARK: Events

/// Reads events as they were published.
struct ReadPublishedEvents: Statement {
    static let sql = """
        SELECT event_id, ARRAY(SELECT city_id FROM event_city AS c WHERE c.event_id = event.event_id ORDER BY place),
            \(TitleColumns.sql), starts_at, time_zone, capacity, fairness, version
        FROM event WHERE event_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> PublishedEvent {
        var event = PublishedEvent(
            PublishEvent(
                eventId: try columns.next(), cityIds: try columns.next(), title: try TitleColumns.next(&columns),
                startsAt: Timestamp(try columns.next(Date.self)), timeZone: try columns.next(),
                capacity: try columns.next(), fairness: try columns.next(PublishEvent.Fairness.self)))
        event.version = try columns.next()
        return event
    }
}

/// Inserts events, which come sorted by id.
struct InsertEvents: Statement {
    static let sql = """
        INSERT INTO event (event_id, starts_at, time_zone, capacity, fairness, version)
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
        """
    var events: [PublishedEvent]

    func bind(_ parameters: inout Parameters) {
        parameters.add(events.map(\.eventId))
        parameters.add(events.map(\.startsAt.date))
        parameters.add(events.map(\.timeZone))
        parameters.add(events.map(\.capacity))
        parameters.add(events.map(\.fairness))
        parameters.add(events.map(\.version))
    }
}

/// Inserts who holds each event.
struct InsertEventCities: Statement {
    static let sql = """
        INSERT INTO event_city (event_id, place, city_id)
        SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[])
        """
    var events: [PublishedEvent]

    func bind(_ parameters: inout Parameters) {
        parameters.add(events.flatMap { event in event.cityIds.map { _ in event.eventId } })
        parameters.add(events.flatMap { $0.cityIds.indices.map { Int16(clamping: $0) } })
        parameters.add(events.flatMap(\.cityIds))
    }
}

/// Inserts the title of each event, a row for each language.
struct InsertEventTitles: Statement {
    static let sql = """
        INSERT INTO event_title (event_id, language, title) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
        """
    private let titles: [(eventId: UUID, language: String, text: String)]

    init(events: [PublishedEvent]) {
        titles = events.flatMap { event in
            event.title.texts.sorted { $0.key < $1.key }.map { (event.eventId, $0.key, $0.value) }
        }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(titles.map(\.eventId))
        parameters.add(titles.map(\.language))
        parameters.add(titles.map(\.text))
    }
}

/// Reads what a query for an event is answered.
struct ReadEventReply: Statement {
    static let sql = """
        SELECT event_id, \(TitleColumns.sql), starts_at, capacity, taken,
            (SELECT coalesce(sum(party), 0)::bigint FROM registration AS r
                WHERE r.event_id = event.event_id AND state = 'waitlisted')
        FROM event WHERE event_id = $1
        """
    var id: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(id)
    }

    static func row(_ columns: inout Columns) throws -> GetEvent.Reply {
        GetEvent.Reply(
            eventId: try columns.next(), title: try TitleColumns.next(&columns),
            startsAt: Timestamp(try columns.next(Date.self)), capacity: try columns.next(), taken: try columns.next(),
            waiting: try columns.next())
    }
}

// MARK: Seats

/// Locks events; what depends on the lock is read by later statements.
struct LockEvents: Statement {
    static let sql = "SELECT 1::integer FROM event WHERE event_id = ANY ($1) ORDER BY event_id FOR NO KEY UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads events with their seats.
struct ReadSeatedEvents: Statement {
    static let sql = """
        SELECT event_id, \(TitleColumns.sql), starts_at, time_zone, capacity, fairness, taken, waiting, last_place
        FROM event WHERE event_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> SeatedEvent {
        SeatedEvent(
            eventId: try columns.next(), title: try TitleColumns.next(&columns),
            startsAt: Timestamp(try columns.next(Date.self)), timeZone: try columns.next(),
            capacity: try columns.next(), fairness: try columns.next(), taken: try columns.next(),
            waiting: try columns.next(), lastPlace: try columns.next())
    }
}

/// Writes the seats of events that are locked.
struct UpdateSeats: Statement {
    static let sql = """
        UPDATE event SET taken = counted.taken, waiting = counted.waiting, last_place = counted.last_place
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[])
            AS counted (event_id, taken, waiting, last_place)
        WHERE event.event_id = counted.event_id
        """
    var events: [SeatedEvent]

    func bind(_ parameters: inout Parameters) {
        parameters.add(events.map(\.eventId))
        parameters.add(events.map(\.taken))
        parameters.add(events.map(\.waiting))
        parameters.add(events.map(\.lastPlace))
    }
}
