public import Contracts

/// Who may send what: asked for every message, before it is handled.
///
/// Who speaks is the `user_id` that the broker has checked against the connection, never anything in the body.
public protocol AccessPolicy: Sendable {
    /// Why `user` may not send a message of this type; `nil` if it may.
    func refusal(of user: String?, sending type: MessageType) -> Problem?
}

/// Events come from the service that owns them, or else a forged one could make an administrator; commands and queries from
/// every user that the broker lets publish them.
public struct OwnersSpeak: AccessPolicy {
    /// Makes the policy.
    public init() {}

    /// Refuses events from anybody but their owner.
    public func refusal(of user: String?, sending type: MessageType) -> Problem? {
        switch type.kind {
        case .command, .query: nil
        case .event, .refusal:
            user == type.owner.rawValue
                ? nil : Problem("not-the-owner", "Events of this type are accepted from their owner only.")
        }
    }
}
