public import FoundationEssentials

/// What a broker user may do.
public enum Role: String, Codable, CaseIterable, Sendable {
    /// Everything, in the whole network.
    case administrator
    /// What the editors of one city may.
    case cityEditor = "city-editor"
    /// What one merchant may.
    case merchant
    /// What a merchant may, from one till.
    case terminal
    /// To send the messages that the grant names.
    case integrator
    /// What the services of the suite may; theirs need no grant.
    case service
}

/// A role that a broker user has, for a city, a merchant or certain messages, and for a time.
///
/// A user may have several grants, and may do what any one of them allows.
public struct Grant: Codable, Hashable, Sendable {
    /// Chosen by who grants it; never used again.
    public var grantId: UUID
    /// The broker user, as `user_id` names it.
    public var userId: String
    /// What the user may do.
    public var role: Role
    /// The city of a `city-editor`; may bound an `integrator`.
    public var cityId: UUID?
    /// The merchant of a `merchant` or a `terminal`; may bound an `integrator`.
    public var merchantId: UUID?
    /// Which of the merchant's tills a `terminal` is.
    public var terminalId: UUID?
    /// What an `integrator` may send: types of commands and queries, to the letter.
    public var messageTypes: [String]?
    /// The first moment it holds; it always has if absent.
    public var from: Timestamp?
    /// The first moment it holds no more; for ever if absent.
    public var until: Timestamp?

    /// Makes a grant.
    public init(
        grantId: UUID, userId: String, role: Role, cityId: UUID? = nil, merchantId: UUID? = nil,
        terminalId: UUID? = nil, messageTypes: [String]? = nil, from: Timestamp? = nil, until: Timestamp? = nil
    ) {
        self.grantId = grantId
        self.userId = userId
        self.role = role
        self.cityId = cityId
        self.merchantId = merchantId
        self.terminalId = terminalId
        self.messageTypes = messageTypes
        self.from = from
        self.until = until
    }

    /// Whether it holds at this moment.
    public func holds(at moment: Timestamp) -> Bool {
        (from.map { $0 <= moment } ?? true) && (until.map { moment < $0 } ?? true)
    }

    /// The most message types that one grant names.
    static let messageTypesMax = 50

    /// What no integrator is given: who gives access could give itself everything, and secrets are shown to people.
    static let ungrantable: Set = [
        GrantAccess.type.description, RevokeAccess.type.description, RevealFailure<CitiesService>.type.description,
        RevealFailure<EventsService>.type.description, RevealFailure<VouchersService>.type.description,
        RevealFailure<NotificationsService>.type.description,
    ]

    /// Notes every mistake in the fields: what a role needs is there, and nothing that means nothing to it.
    func check(_ checks: inout Checks) {
        checks.text(userId, "userId", max: 255)
        checks.require(userId.utf8.count <= 255, "userId", "must have at most 255 bytes")
        checks.require((cityId != nil) == (role == .cityEditor) || role == .integrator, "cityId", "\(cityWord) a city")
        checks.require(
            (merchantId != nil) == isMerchants || role == .integrator, "merchantId",
            isMerchants ? "a \(role.rawValue) needs a merchant" : "a \(role.rawValue) has no merchant")
        checks.require(
            role != .integrator || cityId == nil || merchantId == nil, "merchantId",
            "an integrator is bounded by a city or by a merchant, not by both")
        checks.require(terminalId == nil || role == .terminal, "terminalId", "a \(role.rawValue) has no till")
        checkTypes(&checks)
        if let from, let until { checks.require(from < until, "until", "must be after from") }
    }

    private var isMerchants: Bool { role == .merchant || role == .terminal }
    private var cityWord: String { role == .cityEditor ? "a city-editor needs" : "a \(role.rawValue) has no" }

    private func checkTypes(_ checks: inout Checks) {
        guard role == .integrator else {
            checks.require(messageTypes == nil, "messageTypes", "a \(role.rawValue) has no message types")
            return
        }
        let types = messageTypes ?? []
        checks.require(
            (1...Grant.messageTypesMax).contains(types.count), "messageTypes",
            "an integrator needs 1 to \(Grant.messageTypesMax) message types")
        let known = Set(ServiceName.allCases.flatMap(Catalogue.requests).map(\.type.description))
        for type in types {
            checks.require(known.contains(type), "messageTypes", "names what is no command or query of the suite")
            checks.require(!Grant.ungrantable.contains(type), "messageTypes", "names what is administrators' alone")
        }
    }
}
