public import FoundationEssentials

/// Registers a person, and those who come along, for an event: `events.register.v1`.
///
/// Where seats are free the party is registered, else it waits in line. Refused with `event-unknown`, `event-started`,
/// `already-registered` (one registration per person and event), `party-too-large`, `registration-differs`.
public struct RegisterForEvent: Command {
    /// `events.register.v1`.
    public static let type = MessageType(.events, .command, "register")

    /// Chosen by the asker; a repeat gets the first outcome.
    public var registrationId: UUID
    /// The event.
    public var eventId: UUID
    /// Who.
    public var personId: UUID
    /// Seats: 1 to 10.
    public var party: Int

    /// Makes the command.
    public init(registrationId: UUID, eventId: UUID, personId: UUID, party: Int) {
        self.registrationId = registrationId
        self.eventId = eventId
        self.personId = personId
        self.party = party
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { eventId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((1...10).contains(party), "party", "must be 1 to 10 seats")
        try checks.finish()
    }

    /// In, or in line.
    public struct Reply: Codable, Equatable, Sendable {
        /// How it ended.
        public enum Outcome: String, Codable, Sendable {
            /// The seats are taken.
            case registered
            /// The party waits.
            case waitlisted
        }

        /// Of the command.
        public var registrationId: UUID
        /// In, or in line.
        public var outcome: Outcome

        /// Makes the answer.
        public init(registrationId: UUID, outcome: Outcome) {
            self.registrationId = registrationId
            self.outcome = outcome
        }
    }
}

/// What the events of a registration have in common.
public struct RegistrationFacts: Codable, Hashable, Sendable {
    /// The registration.
    public var registrationId: UUID
    /// The event.
    public var eventId: UUID
    /// Its title.
    public var title: LocalizedText
    /// When it starts.
    public var startsAt: Timestamp
    /// IANA.
    public var timeZone: String
    /// Who.
    public var personId: UUID
    /// Seats.
    public var party: Int

    /// Makes the facts.
    public init(
        registrationId: UUID, eventId: UUID, title: LocalizedText, startsAt: Timestamp, timeZone: String,
        personId: UUID, party: Int
    ) {
        self.registrationId = registrationId
        self.eventId = eventId
        self.title = title
        self.startsAt = startsAt
        self.timeZone = timeZone
        self.personId = personId
        self.party = party
    }
}

/// A party has its seats: `events.registered.v1` (fact).
public struct PersonRegistered: Event {
    /// `events.registered.v1`.
    public static let type = MessageType(.events, .event, "registered")

    /// Who and what for.
    public var registration: RegistrationFacts

    /// Makes the event.
    public init(_ registration: RegistrationFacts) {
        self.registration = registration
    }
}

/// A party waits in line: `events.waitlisted.v1` (fact).
public struct PersonWaitlisted: Event {
    /// `events.waitlisted.v1`.
    public static let type = MessageType(.events, .event, "waitlisted")

    /// Who and what for.
    public var registration: RegistrationFacts

    /// Makes the event.
    public init(_ registration: RegistrationFacts) {
        self.registration = registration
    }
}

/// A party that waited has its seats: `events.promoted.v1` (fact).
public struct PersonPromoted: Event {
    /// `events.promoted.v1`.
    public static let type = MessageType(.events, .event, "promoted")

    /// Who and what for.
    public var registration: RegistrationFacts

    /// Makes the event.
    public init(_ registration: RegistrationFacts) {
        self.registration = registration
    }
}

/// A registration was refused: `events.register-refused.v1`.
public struct RegistrationRefused: Event {
    /// `events.register-refused.v1`.
    public static let type = MessageType(.events, .refusal, "register-refused")

    /// Of the command.
    public var registrationId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(registrationId: UUID, code: String) {
        self.registrationId = registrationId
        self.code = code
    }
}

/// Gives back the seats, or the place in line: `events.cancel-registration.v1`.
///
/// Refused with `registration-unknown`,
/// `event-started`. Cancelling twice is one cancellation.
public struct CancelRegistration: Command {
    /// `events.cancel-registration.v1`.
    public static let type = MessageType(.events, .command, "cancel-registration")

    /// The registration.
    public var registrationId: UUID
    /// The event it is for.
    public var eventId: UUID

    /// Makes the command.
    public init(registrationId: UUID, eventId: UUID) {
        self.registrationId = registrationId
        self.eventId = eventId
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { eventId.text }

    /// How many parties moved up.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var registrationId: UUID
        /// Parties that got seats because of this.
        public var promoted: Int

        /// Makes the answer.
        public init(registrationId: UUID, promoted: Int) {
            self.registrationId = registrationId
            self.promoted = promoted
        }
    }
}

/// A registration was given back: `events.registration-cancelled.v1` (fact).
public struct RegistrationCancelled: Event {
    /// `events.registration-cancelled.v1`.
    public static let type = MessageType(.events, .event, "registration-cancelled")

    /// Who and what for.
    public var registration: RegistrationFacts

    /// Makes the event.
    public init(_ registration: RegistrationFacts) {
        self.registration = registration
    }
}

/// A cancellation was refused: `events.cancel-registration-refused.v1`.
public struct CancellationRefused: Event {
    /// `events.cancel-registration-refused.v1`.
    public static let type = MessageType(.events, .refusal, "cancel-registration-refused")

    /// Of the command.
    public var registrationId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(registrationId: UUID, code: String) {
        self.registrationId = registrationId
        self.code = code
    }
}
