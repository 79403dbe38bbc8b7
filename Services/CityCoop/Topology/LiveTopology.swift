import AMQP
import Contracts
import ManagementAPI

/// What a broker's virtual host has at this moment.
struct LiveTopology: Equatable, Sendable {
    var exchanges: [ExchangeStatus] = []
    var queues: [QueueStatus] = []
    var bindings: [BindingStatus] = []
    var policies: [BrokerPolicy] = []
    var users: [BrokerUser] = []
    var permissions: [UserPermissions] = []
    var topicPermissions: [UserTopicPermissions] = []

    /// Reads it from the management API.
    static func read(_ management: ManagementAPI, virtualHost: String) async throws -> LiveTopology {
        LiveTopology(
            exchanges: try await management.exchanges(in: virtualHost),
            queues: try await management.queues(in: virtualHost),
            bindings: try await management.bindings(in: virtualHost),
            policies: try await management.policies(in: virtualHost),
            users: try await management.users(),
            permissions: try await management.permissions(in: virtualHost),
            topicPermissions: try await management.topicPermissions(in: virtualHost))
    }
}
