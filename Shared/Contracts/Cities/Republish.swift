public import FoundationEssentials

/// Asks for the present state of a kind of thing to be said again: `cities.republish.v1`.
///
/// Every thing is said with a new message id and its unchanged version, then ``Republished`` closes the series. Whoever
/// keeps a copy asks when it starts with none, or after it was wiped.
public struct Republish: Command {
    /// `cities.republish.v1`.
    public static let type = MessageType(.cities, .command, "republish")
    /// It may take long.
    public static let queue = QueueName.bulk

    /// The kinds of things that others keep copies of.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        /// ``CityRegistered`` of each.
        case cities
        /// ``MerchantRegistered`` of each.
        case merchants
        /// ``MembershipChanged`` of each city that has a history.
        case memberships
        /// ``AcceptanceChanged`` of each pair of cities that something was set for.
        case acceptance
        /// ``AccessGranted`` of each.
        case grants
    }

    /// Chosen by the asker, found again in ``Republished``.
    public var requestId: UUID
    /// What to say again.
    public var kind: Kind

    /// Makes the command.
    public init(requestId: UUID, kind: Kind) {
        self.requestId = requestId
        self.kind = kind
    }

    /// How many things there were.
    public struct Reply: Codable, Equatable, Sendable {
        /// Things said again.
        public var count: Int64

        /// Makes the answer.
        public init(count: Int64) {
            self.count = count
        }
    }
}

/// Everything of a kind was said again: `cities.republished.v1`.
///
/// A copy with at least `count` things, whose versions add up to at least `versions`, is complete. What changes meanwhile makes
/// both only larger: a copy that is ahead of the series is complete as well, and one that holds an older state of something
/// is not.
public struct Republished: Event {
    /// `cities.republished.v1`.
    public static let type = MessageType(.cities, .event, "republished")

    /// Of ``Republish``.
    public var requestId: UUID
    /// What was said again.
    public var kind: Republish.Kind
    /// How many things there were.
    public var count: Int64
    /// The sum of the versions in which they were said; unknown if absent.
    public var versions: Int64?

    /// Makes the event.
    public init(requestId: UUID, kind: Republish.Kind, count: Int64, versions: Int64? = nil) {
        self.requestId = requestId
        self.kind = kind
        self.count = count
        self.versions = versions
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { "republished.\(kind.rawValue)" }
}
