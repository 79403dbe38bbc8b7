import Contracts
import FoundationEssentials
import JSON

@testable import ManagementAPI
@testable import citycoop

extension LiveTopology {
    /// What a broker has that is exactly as the topology says, among things of others.
    init(exactly topology: Topology) {
        self.init()
        exchanges = [exchange("", type: "direct"), exchange("others.exchange", type: "fanout")]
        exchanges += topology.exchanges.map { exchange($0.name, type: "topic", arguments: $0.arguments) }
        queues = [queue("others.queue", policy: nil)]
        queues += topology.queues.map { queue in
            self.queue(
                queue.name, arguments: queue.arguments,
                policy: topology.policies.first { $0.matches(queue.name) }?.name)
        }
        bindings = queues.map {
            BindingStatus(
                source: "", destination: $0.name, destinationType: "queue", routingKey: $0.name, arguments: [:])
        }
        bindings += topology.bindings.map {
            BindingStatus(
                source: $0.exchange, destination: $0.queue, destinationType: "queue", routingKey: $0.key, arguments: [:]
            )
        }
        // An outside integrator listens in: that is no drift.
        bindings += topology.exchanges.prefix(1).map {
            BindingStatus(
                source: $0.name, destination: "others.queue", destinationType: "queue", routingKey: "#", arguments: [:])
        }
        policies = [Policy(name: "others", pattern: "^others", definition: [:])] + topology.policies.map(\.forBroker)
        users = [BrokerUser(name: "administrator", tags: ["administrator"])]
        users += topology.users.map { BrokerUser(name: $0.name, tags: []) }
        permissions = topology.users.map {
            UserPermissions(
                user: $0.name, virtualHost: "v",
                permissions: Permissions(configure: $0.configure, write: $0.write, read: $0.read))
        }
        topicPermissions = topology.users.flatMap { user in
            user.topics.map {
                UserTopicPermissions(
                    user: user.name, virtualHost: "v",
                    permissions: TopicPermissions(exchange: $0.exchange, write: $0.write, read: $0.read))
            }
        }
    }

    func exchange(_ name: String, type: String, arguments: [String: JSONValue] = [:]) -> ExchangeStatus {
        ExchangeStatus(name: name, type: type, isDurable: true, arguments: arguments, policy: nil)
    }

    func queue(
        _ name: String, arguments: [String: JSONValue] = [:], policy: String?, isDurable: Bool = true,
        messages: Int? = 0
    ) -> QueueStatus {
        QueueStatus(
            name: name, type: nil, state: nil, messages: messages, ready: nil, unacknowledged: nil, consumers: nil,
            headMessageTimestamp: nil, arguments: arguments, policy: policy, isDurable: isDurable)
    }
}
