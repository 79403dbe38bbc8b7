public import FoundationEssentials

/// What a city is in the cooperation.
public enum MembershipState: String, Codable, CaseIterable, Sendable {
    /// It has asked to take part.
    case applied
    /// It prepares to take part.
    case candidate
    /// It takes part, with all rights and duties.
    case active
    /// It takes no part for now.
    case suspended
    /// It takes no part any more; what it owes it still owes.
    case left

    /// What a city may become next; a city of the first hour was never a candidate.
    public static func followers(of state: MembershipState?) -> Set<MembershipState> {
        switch state {
        case nil: [.applied, .candidate, .active]
        case .applied: [.candidate, .active, .left]
        case .candidate: [.active, .left]
        case .active: [.suspended, .left]
        case .suspended: [.active, .left]
        case .left: [.applied]
        }
    }
}

/// From which day on a city is what.
public struct MembershipEntry: Codable, Hashable, Sendable {
    /// The first day.
    public var from: Day
    /// What the city is from then on, until a later entry.
    public var state: MembershipState

    /// Makes an entry.
    public init(from: Day, state: MembershipState) {
        self.from = from
        self.state = state
    }
}

/// What a city was, is and will be: on every day from its first entry on exactly one thing, and nothing before.
public struct MembershipHistory: Codable, Hashable, Sendable {
    /// By day, no two on the same day, no two alike in a row.
    public let entries: [MembershipEntry]

    /// Brings entries into order; of two on one day the later in the list counts.
    public init(_ entries: [MembershipEntry] = []) {
        let last = Dictionary(entries.map { ($0.from, $0.state) }) { _, later in later }
        var ordered: [MembershipEntry] = []
        for (day, state) in last.sorted(by: { $0.key < $1.key }) where ordered.last?.state != state {
            ordered.append(MembershipEntry(from: day, state: state))
        }
        self.entries = ordered
    }

    /// Reads an array of entries.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([MembershipEntry].self))
    }

    /// Writes an array of entries.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }

    /// What the city is on a day; `nil` before its first entry.
    public func state(on day: Day) -> MembershipState? {
        entries.last { $0.from <= day }?.state
    }

    /// Whether every entry may follow the one before it.
    public var isAllowed: Bool {
        zip([nil] + entries.map(\.state), entries).allSatisfy { before, entry in
            MembershipState.followers(of: before).contains(entry.state)
        }
    }

    /// The history with another entry; the days from the next entry on keep what they have.
    public func setting(_ state: MembershipState, from day: Day) -> MembershipHistory {
        MembershipHistory(entries + [MembershipEntry(from: day, state: state)])
    }

    /// When the city is an active member.
    public var active: [Period] {
        let ends = entries.dropFirst().map { Day?($0.from) } + [nil]
        return zip(entries, ends).filter { $0.0.state == .active }.map { Period(from: $0.0.from, until: $0.1) }
    }
}

/// Says what a city is from a day on: `cities.set-membership.v1`.
///
/// Without ``expectedVersion`` it is the next entry of the history, later than all others; with it, it corrects the history
/// at that day and up to the next entry. What changes nothing is answered and said to nobody. Refused with `city-unknown`,
/// `membership-has-later-entry`, `membership-transition`, `version-differs`.
public struct SetMembership: ReasonedCommand {
    /// `cities.set-membership.v1`.
    public static let type = MessageType(.cities, .command, "set-membership")

    /// The most entries in a history.
    public static let entriesMax = 200

    /// The city.
    public var cityId: UUID
    /// What it is.
    public var state: MembershipState
    /// The first day.
    public var from: Day
    /// The version of the history that is corrected; absent for its next entry.
    public var expectedVersion: Int64?
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(
        cityId: UUID, state: MembershipState, from: Day, expectedVersion: Int64? = nil, reason: String? = nil
    ) {
        self.cityId = cityId
        self.state = state
        self.from = from
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.day(from, "from")
        if let expectedVersion { checks.version(expectedVersion) }
        if let reason { checks.reason(reason) }
        try checks.finish()
    }

    /// The history as it stands now.
    public struct Reply: Codable, Equatable, Sendable {
        /// The city.
        public var cityId: UUID
        /// From which day on it is what.
        public var history: MembershipHistory
        /// The version of the history.
        public var version: Int64

        /// Makes the answer.
        public init(cityId: UUID, history: MembershipHistory, version: Int64) {
            self.cityId = cityId
            self.history = history
            self.version = version
        }
    }
}

/// This is what a city was, is and will be: `cities.membership-changed.v1` (state).
public struct MembershipChanged: AuditedEvent {
    /// `cities.membership-changed.v1`.
    public static let type = MessageType(.cities, .event, "membership-changed")

    /// The city.
    public var cityId: UUID
    /// From which day on it is what.
    public var history: MembershipHistory
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(cityId: UUID, history: MembershipHistory, version: Int64) {
        self.cityId = cityId
        self.history = history
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }
    /// The history's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}

/// Tells what each city was, or will be, on a day: `cities.find-members.v1`.
public struct FindMembers: Query {
    /// `cities.find-members.v1`.
    public static let type = MessageType(.cities, .query, "find-members")

    /// The day.
    public var day: Day
    /// Those that were this; all that were anything if absent.
    public var state: MembershipState?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: String?

    /// Makes the query.
    public init(day: Day, state: MembershipState? = nil, limit: Int? = nil, after: String? = nil) {
        self.day = day
        self.state = state
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.day(day, "day")
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        if let after { checks.text(after, "after", max: 64) }
        try checks.finish()
    }

    /// A page of cities in the order of their slugs.
    public struct Reply: Codable, Equatable, Sendable {
        /// What a city was on that day.
        public struct Member: Codable, Equatable, Sendable {
            /// The city.
            public var cityId: UUID
            /// For people.
            public var slug: String
            /// What it was.
            public var state: MembershipState
            /// Since when.
            public var since: Day

            /// Makes a member.
            public init(cityId: UUID, slug: String, state: MembershipState, since: Day) {
                self.cityId = cityId
                self.slug = slug
                self.state = state
                self.since = since
            }
        }

        /// The cities.
        public var members: [Member]
        /// What to send as `after` for the next page; absent on the last.
        public var next: String?

        /// Makes a page.
        public init(members: [Member], next: String?) {
            self.members = members
            self.next = next
        }
    }
}
