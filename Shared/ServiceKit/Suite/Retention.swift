internal import Messaging

/// How long a service keeps what it needs no more; what is not named here goes with its own rules, or never.
public struct Retention: Sendable {
    /// A repeat of a command is recognised for so long, and gets its first answer again.
    public let inbox: Duration
    /// Failures that were mended or given up stay readable for so long.
    public let failures: Duration

    /// Reads both from the environment.
    init(_ settings: inout Settings) {
        let standard = MessagingLimits()
        inbox = settings.duration(
            "CITYCOOP_INBOX_RETENTION", "How long a repeated command is recognised by its id",
            default: standard.inboxRetention, in: .days(1)...(.days(90)))
        failures = settings.duration(
            "CITYCOOP_FAILURE_RETENTION", "How long failures that were mended or given up are kept",
            default: standard.failureRetention, in: .days(1)...(.days(3_650)))
    }

    /// The bounds of the runtime with these.
    var limits: MessagingLimits {
        var limits = MessagingLimits()
        limits.inboxRetention = inbox
        limits.failureRetention = failures
        return limits
    }
}

extension Duration {
    /// So many times 24 hours.
    public static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
