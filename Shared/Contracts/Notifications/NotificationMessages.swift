public import FoundationEssentials

/// Says how a person can be reached and in which language: `notifications.set-contact.v1`.
///
/// The only message that holds a person's name and address, and notifications is the only service that stores them.
public struct SetContact: Command {
    /// `notifications.set-contact.v1`.
    public static let type = MessageType(.notifications, .command, "set-contact")

    /// An opaque id; all that other services know of the person.
    public var personId: UUID
    /// Where mail goes.
    public var email: String
    /// How the person is greeted.
    public var name: String
    /// de, sl, hu or en.
    public var language: String

    /// Makes the command.
    public init(personId: UUID, email: String, name: String, language: String) {
        self.personId = personId
        self.email = email
        self.name = name
        self.language = language
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { personId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.email(email, "email")
        checks.text(name, "name", max: 140)
        checks.language(language, "language")
        try checks.finish()
    }

    /// The contact and its version.
    public struct Reply: Codable, Equatable, Sendable {
        /// The person.
        public var personId: UUID
        /// Grows with each change.
        public var version: Int64

        /// Makes the answer.
        public init(personId: UUID, version: Int64) {
            self.personId = personId
            self.version = version
        }
    }
}

/// A notification was delivered: `notifications.delivered.v1` (fact).
///
/// Says to whom by id, and nothing of its text.
public struct NotificationDelivered: Event {
    /// `notifications.delivered.v1`.
    public static let type = MessageType(.notifications, .event, "delivered")

    /// The notification.
    public var notificationId: UUID
    /// To whom.
    public var personId: UUID
    /// What was told: `voucher-issued`, `voucher-redeemed`, `event-registered`, `event-waitlisted`, `event-promoted`.
    public var template: String
    /// The language it was rendered in.
    public var language: String
    /// `mail-folder`.
    public var channel: String

    /// Makes the event.
    public init(notificationId: UUID, personId: UUID, template: String, language: String, channel: String) {
        self.notificationId = notificationId
        self.personId = personId
        self.template = template
        self.language = language
        self.channel = channel
    }
}
