/// Pauses the intake of a service for a time: `<service>.pause-intake.v1`.
///
/// No instance takes commands and bulk work from their queues, runs what is due or does work of its own, until the time is
/// over or intake is resumed; whoever sends commands meanwhile gets the broker's confirms, and the queues keep them. Queries
/// are answered, and events of other services are heard, so that what is on its way arrives. A pause never ends earlier
/// because of another.
public struct PauseIntake<Owner: ServiceOwner>: Command {
    /// `<service>.pause-intake.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "pause-intake") }
    /// It must not wait behind what it is to keep waiting.
    public static var queue: QueueName { .control }
    /// What a successful answer holds.
    public typealias Reply = IntakeState

    /// For how long, 1 to 3600: whoever paused it may never come back.
    public var seconds: Int
    /// Why, for whoever wonders.
    public var reason: String?

    /// Makes the command.
    public init(seconds: Int, reason: String? = nil) {
        self.seconds = seconds
        self.reason = reason
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((1...3_600).contains(seconds), "seconds", "must be 1 to 3600")
        if let reason { checks.text(reason, "reason", max: 500) }
        try checks.finish()
    }
}

/// Ends the pause of a service's intake: `<service>.resume-intake.v1`.
public struct ResumeIntake<Owner: ServiceOwner>: Command {
    /// `<service>.resume-intake.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "resume-intake") }
    /// It must not wait behind what waits for it.
    public static var queue: QueueName { .control }
    /// What a successful answer holds.
    public typealias Reply = IntakeState

    /// Makes the command.
    public init() {}
}

/// Whether a service takes in.
public struct IntakeState: Codable, Equatable, Sendable {
    /// Until when not; absent while it does.
    public var pausedUntil: Timestamp?

    /// Makes a state.
    public init(pausedUntil: Timestamp? = nil) {
        self.pausedUntil = pausedUntil
    }
}
