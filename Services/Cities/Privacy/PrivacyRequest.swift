import Contracts
import FoundationEssentials

/// A request as its row says.
struct PrivacyRequest: Hashable, Sendable {
    var requestId: UUID
    var kind: PrivacyRequestKind
    /// Encrypted; gone when an erasure is complete.
    var sealedPerson: [UInt8]?
    /// By which a repeat is known.
    var personKey: [UInt8]
    var reason: String
    var requestedBy: String
    var requestedAt: Date
    var completedAt: Date?

    /// What the asker is answered.
    var reply: PrivacyRequestTaken { PrivacyRequestTaken(requestId: requestId, isComplete: completedAt != nil) }
}

/// Why a message about a request is refused.
enum PrivacyRefusalReason: String, CaseIterable, Sendable {
    case requestDiffers = "request-differs"
    case requestUnknown = "request-unknown"
    case notTheService = "not-the-service"

    var problem: Problem {
        switch self {
        case .requestDiffers: Problem(rawValue, "This request id was used with other content.")
        case .requestUnknown: Problem(rawValue, "There is no such request.")
        case .notTheService: Problem(rawValue, "A service answers for itself only.")
        }
    }
}

/// When services that have not answered are asked again: after a minute, then twice as long each time, up to an hour.
enum PrivacyReminder {
    private static let first = 60.0
    private static let longest = 3_600.0

    /// The seconds after so many reminders.
    static func delay(after attempts: Int) -> Double {
        min(longest, first * Double(1 << min(max(attempts, 0), 10)))
    }
}
