import ArgumentParser
import Contracts
import JSON
import ManagementAPI

/// Prints the topology as a broker imports it; needs no broker.
struct TopologyExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print the topology as definitions that RabbitMQ imports.",
        discussion: """
            Needs no broker. infra/rabbitmq/definitions.json is what this prints; containers load it when the broker starts. \
            Permissions name users that must be there: definitions without passwords cannot make them.

            Examples:
              citycoop topology export > infra/rabbitmq/definitions.json
              citycoop topology export --virtual-host test
            """)

    @Option(help: "The virtual host that everything is for.")
    var virtualHost = Definitions.virtualHost

    func run() async throws {
        Terminal.write(Definitions(.suite, virtualHost: virtualHost).text)
    }
}

/// A topology in the format in which RabbitMQ exports and imports definitions.
struct Definitions: Encodable, Equatable, Sendable {
    /// The virtual host of the suite, where nothing else is said.
    static let virtualHost = "citycoop"

    struct VirtualHost: Encodable, Equatable, Sendable {
        var name: String
    }

    struct Permission: Encodable, Equatable, Sendable {
        var user: String
        var vhost: String
        var configure: String
        var write: String
        var read: String
    }

    struct TopicPermission: Encodable, Equatable, Sendable {
        var user: String
        var vhost: String
        var exchange: String
        var write: String
        var read: String
    }

    struct Policy: Encodable, Equatable, Sendable {
        var vhost: String
        var name: String
        var pattern: String
        var scope: String
        var priority: Int
        var definition: [String: JSONValue]

        private enum CodingKeys: String, CodingKey {
            case vhost, name, pattern, priority, definition
            case scope = "apply-to"
        }
    }

    struct Exchange: Encodable, Equatable, Sendable {
        var name: String
        var vhost: String
        var type = "topic"
        var durable = true
        var isAutoDelete = false
        var isInternal = false
        var arguments: [String: JSONValue]

        private enum CodingKeys: String, CodingKey {
            case name, vhost, type, durable, arguments
            case isAutoDelete = "auto_delete"
            case isInternal = "internal"
        }
    }

    struct Queue: Encodable, Equatable, Sendable {
        var name: String
        var vhost: String
        var durable = true
        var isAutoDelete = false
        var arguments: [String: JSONValue]

        private enum CodingKeys: String, CodingKey {
            case name, vhost, durable, arguments
            case isAutoDelete = "auto_delete"
        }
    }

    struct Binding: Encodable, Equatable, Sendable {
        var source: String
        var vhost: String
        var destination: String
        var destinationType = "queue"
        var routingKey: String
        var arguments: [String: JSONValue] = [:]

        private enum CodingKeys: String, CodingKey {
            case source, vhost, destination, arguments
            case destinationType = "destination_type"
            case routingKey = "routing_key"
        }
    }

    var vhosts: [VirtualHost]
    var permissions: [Permission]
    var topicPermissions: [TopicPermission]
    var policies: [Policy]
    var exchanges: [Exchange]
    var queues: [Queue]
    var bindings: [Binding]

    private enum CodingKeys: String, CodingKey {
        case vhosts, permissions, policies, exchanges, queues, bindings
        case topicPermissions = "topic_permissions"
    }

    /// The same topology, for one virtual host.
    init(_ topology: Topology, virtualHost: String) {
        vhosts = [VirtualHost(name: virtualHost)]
        permissions = topology.users.map {
            Permission(
                user: $0.name, vhost: virtualHost, configure: $0.configure, write: $0.write, read: $0.read)
        }
        topicPermissions = topology.users.flatMap { user in
            user.topics.map {
                TopicPermission(
                    user: user.name, vhost: virtualHost, exchange: $0.exchange, write: $0.write, read: $0.read)
            }
        }
        policies = topology.policies.map(\.forBroker).map {
            Policy(
                vhost: virtualHost, name: $0.name, pattern: $0.pattern, scope: $0.scope.rawValue,
                priority: $0.priority, definition: $0.definition)
        }
        exchanges = topology.exchanges.map { Exchange(name: $0.name, vhost: virtualHost, arguments: $0.arguments) }
        queues = topology.queues.map { Queue(name: $0.name, vhost: virtualHost, arguments: $0.arguments) }
        bindings = topology.bindings.map {
            Binding(source: $0.exchange, vhost: virtualHost, destination: $0.queue, routingKey: $0.key)
        }
    }
}

extension Definitions {
    /// As JSON with a line for each thing, so that a change of the topology can be read as such.
    var text: String {
        let parts = [
            part(.vhosts, vhosts), part(.permissions, permissions), part(.topicPermissions, topicPermissions),
            part(.policies, policies), part(.exchanges, exchanges), part(.queues, queues), part(.bindings, bindings),
        ]
        return "{\n\(parts.joined(separator: ",\n"))\n}"
    }

    private func part(_ key: CodingKeys, _ things: [some Encodable]) -> String {
        let lines = things.map { "    \(JSONText.line($0))" }.joined(separator: ",\n")
        return "  \"\(key.rawValue)\": [\n\(lines)\n  ]"
    }
}
