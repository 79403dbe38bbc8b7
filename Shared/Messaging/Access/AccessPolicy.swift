public import Contracts
import FoundationEssentials

/// Who is who before anybody was granted anything: the services, by the names of their broker users, and the one
/// administrator whom the configuration names.
///
/// Who speaks is the `user_id` that the broker has checked against the connection, never anything in the body.
public struct AccessPolicy: Sendable {
    /// The broker user who is an administrator without a grant; nobody if absent.
    let administrator: String?
    /// Which service a broker user is.
    let service: @Sendable (String) -> ServiceName?

    /// Makes the policy.
    ///
    /// - Parameters:
    ///   - administrator: The broker user who is an administrator without a grant, so that there is somebody to give the
    ///     first one.
    ///   - service: Which service a broker user is; by default the one of the same name.
    public init(
        administrator: String? = nil,
        service: @escaping @Sendable (String) -> ServiceName? = { ServiceName(rawValue: $0) }
    ) {
        self.administrator = administrator
        self.service = service
    }

    /// Why `user` may not say an event: it comes from the service that owns it, or else a forged one could make an
    /// administrator.
    func refusal(of user: String?, sending type: MessageType) -> Problem? {
        switch type.kind {
        case .command, .query: nil
        case .event, .refusal:
            user.flatMap(service) == type.owner
                ? nil : Problem("not-the-owner", "Events of this type are accepted from their owner only.")
        }
    }

    /// Who `user` is at this moment, with grants that were not revoked.
    func speaker(_ user: String?, holding grants: [Grant], at now: Date) -> Speaker {
        guard let user else { return Speaker(isNamed: false) }
        let moment = Timestamp(now)
        let held = grants.filter { $0.userId == user && $0.holds(at: moment) }
        return Speaker(
            isNamed: true, service: service(user),
            isAdministrator: user == administrator || held.contains { $0.role == .administrator },
            isService: service(user) != nil || held.contains { $0.role == .service }, grants: held)
    }
}

/// Who sends a message, and what they were granted.
struct Speaker: Sendable {
    /// Whether they say who they are.
    var isNamed: Bool
    /// The service that they are by name.
    var service: ServiceName?
    var isAdministrator = false
    var isService = false
    /// What holds now.
    var grants: [Grant] = []
}

extension Problem {
    /// The same words whatever the reason, so that nobody learns from a refusal what there is.
    static let notAllowed = Problem("not-allowed", "The sender may not do this.")
}
