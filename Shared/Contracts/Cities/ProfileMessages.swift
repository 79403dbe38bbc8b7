public import FoundationEssentials

/// What a city says of itself, in its languages.
public struct ProfileTexts: Codable, Hashable, Sendable {
    /// What the city stands for: "The wine town".
    public var theme: LocalizedText
    /// One line under the name.
    public var claim: LocalizedText
    /// A few paragraphs.
    public var description: LocalizedText

    /// Makes the texts.
    public init(theme: LocalizedText, claim: LocalizedText, description: LocalizedText) {
        self.theme = theme
        self.claim = claim
        self.description = description
    }

    /// Notes every mistake in the fields.
    func check(_ checks: inout Checks) {
        checks.localized(theme, "theme", max: 120)
        checks.localized(claim, "claim", max: 200)
        checks.require(!description.texts.isEmpty, "description", "must have a text in at least one language")
        for (language, text) in description.texts {
            checks.language(language, "description")
            // Paragraphs: every line by itself is a line.
            let lines = text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
            checks.require(!lines.isEmpty, "description", "is blank")
            checks.require(
                text.utf8.count <= 8_000 && lines.count <= 100, "description",
                "must have at most 8000 bytes in 100 lines")
            for line in lines { checks.text(String(line), "description", max: 8_000) }
        }
    }
}

/// Where a version of a profile stands.
public enum ProfileState: String, Codable, CaseIterable, Sendable {
    /// Written; goes on to be reviewed.
    case drafted
    /// Read and found good by somebody; goes on to be published.
    case reviewed
    /// What everybody is shown, until a later version is published.
    case published
}

/// The answer to a step in the life of a profile.
public struct ProfileStep: Codable, Equatable, Sendable {
    /// Whose profile it is.
    public var cityId: UUID
    /// The version of the profile.
    public var version: Int64
    /// Where it stands now.
    public var state: ProfileState

    /// Makes an answer.
    public init(cityId: UUID, version: Int64, state: ProfileState) {
        self.cityId = cityId
        self.version = version
        self.state = state
    }
}

/// Writes a new version of a city's profile: `cities.draft-profile.v1`.
///
/// What is published stays published, and earlier versions are kept. Refused with `city-unknown`, `version-differs`. A
/// repeat with the same content gets the first answer.
public struct DraftProfile: ReasonedCommand {
    /// `cities.draft-profile.v1`.
    public static let type = MessageType(.cities, .command, "draft-profile")
    /// What a successful answer holds.
    public typealias Reply = ProfileStep

    /// Whose profile it is.
    public var cityId: UUID
    /// What it says.
    public var texts: ProfileTexts
    /// The version that the sender has seen last; 0 where there is none.
    public var expectedVersion: Int64
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, texts: ProfileTexts, expectedVersion: Int64, reason: String? = nil) {
        self.cityId = cityId
        self.texts = texts
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        texts.check(&checks)
        checks.version(expectedVersion, from: 0)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// Says that the sender has read a drafted version and finds it good: `cities.review-profile.v1`.
///
/// Refused with `city-unknown`, `profile-unknown`, `version-differs` where there is a later version.
public struct ReviewProfile: ReasonedCommand {
    /// `cities.review-profile.v1`.
    public static let type = MessageType(.cities, .command, "review-profile")
    /// What a successful answer holds.
    public typealias Reply = ProfileStep

    /// Whose profile it is.
    public var cityId: UUID
    /// The version that was read.
    public var expectedVersion: Int64
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, expectedVersion: Int64, reason: String? = nil) {
        self.cityId = cityId
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.version(expectedVersion)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// Shows a reviewed version to everybody: `cities.publish-profile.v1`.
///
/// Refused with `city-unknown`, `profile-unknown`, `profile-not-reviewed`, `version-differs` where there is a later version.
public struct PublishProfile: ReasonedCommand {
    /// `cities.publish-profile.v1`.
    public static let type = MessageType(.cities, .command, "publish-profile")
    /// What a successful answer holds.
    public typealias Reply = ProfileStep

    /// Whose profile it is.
    public var cityId: UUID
    /// The version to be shown.
    public var expectedVersion: Int64
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, expectedVersion: Int64, reason: String? = nil) {
        self.cityId = cityId
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.version(expectedVersion)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// A version of a city's profile was written: `cities.profile-drafted.v1`.
///
/// Without its texts: before they are published nobody has found them good.
public struct ProfileDrafted: AuditedEvent {
    /// `cities.profile-drafted.v1`.
    public static let type = MessageType(.cities, .event, "profile-drafted")

    /// Whose profile it is.
    public var cityId: UUID
    /// The version that was written.
    public var version: Int64
    /// When it was written.
    public var draftedAt: Timestamp

    /// Makes the event.
    public init(cityId: UUID, version: Int64, draftedAt: Timestamp) {
        self.cityId = cityId
        self.version = version
        self.draftedAt = draftedAt
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }
    /// The profile's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}

/// Somebody has read a version of a city's profile and finds it good: `cities.profile-reviewed.v1`.
///
/// Who that was stands in the audit and in the profile.
public struct ProfileReviewed: AuditedEvent {
    /// `cities.profile-reviewed.v1`.
    public static let type = MessageType(.cities, .event, "profile-reviewed")

    /// Whose profile it is.
    public var cityId: UUID
    /// The version that was read.
    public var version: Int64
    /// When it was found good.
    public var reviewedAt: Timestamp

    /// Makes the event.
    public init(cityId: UUID, version: Int64, reviewedAt: Timestamp) {
        self.cityId = cityId
        self.version = version
        self.reviewedAt = reviewedAt
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }
    /// The profile's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}

/// Everybody is shown this version of a city's profile: `cities.profile-published.v1` (state).
public struct ProfilePublished: AuditedEvent {
    /// `cities.profile-published.v1`.
    public static let type = MessageType(.cities, .event, "profile-published")

    /// Whose profile it is.
    public var cityId: UUID
    /// What it says.
    public var texts: ProfileTexts
    /// The version of the profile.
    public var version: Int64
    /// Since when it is shown.
    public var publishedAt: Timestamp

    /// Makes the event.
    public init(cityId: UUID, texts: ProfileTexts, version: Int64, publishedAt: Timestamp) {
        self.cityId = cityId
        self.texts = texts
        self.version = version
        self.publishedAt = publishedAt
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }
    /// The profile's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}

/// Gets the profile that everybody is shown, or a named version: `cities.get-profile.v1`.
///
/// Refused with `profile-unknown`.
public struct GetProfile: Query {
    /// `cities.get-profile.v1`.
    public static let type = MessageType(.cities, .query, "get-profile")

    /// Whose profile it is.
    public var cityId: UUID
    /// Which version; the published one if absent.
    public var version: Int64?

    /// Makes the query.
    public init(cityId: UUID, version: Int64? = nil) {
        self.cityId = cityId
        self.version = version
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let version { checks.version(version, "version") }
        try checks.finish()
    }

    /// A version of a profile.
    public struct Reply: Codable, Equatable, Sendable {
        /// Whose profile it is.
        public var cityId: UUID
        /// Which version.
        public var version: Int64
        /// Where it stands.
        public var state: ProfileState
        /// What it says.
        public var texts: ProfileTexts
        /// When it was written.
        public var draftedAt: Timestamp
        /// Who has read it and found it good: the broker user.
        public var reviewedBy: String?
        /// When that was.
        public var reviewedAt: Timestamp?
        /// Since when it was shown.
        public var publishedAt: Timestamp?

        /// Makes the answer.
        public init(
            cityId: UUID, version: Int64, state: ProfileState, texts: ProfileTexts, draftedAt: Timestamp,
            reviewedBy: String?, reviewedAt: Timestamp?, publishedAt: Timestamp?
        ) {
            self.cityId = cityId
            self.version = version
            self.state = state
            self.texts = texts
            self.draftedAt = draftedAt
            self.reviewedBy = reviewedBy
            self.reviewedAt = reviewedAt
            self.publishedAt = publishedAt
        }
    }
}
