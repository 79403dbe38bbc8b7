import AMQP
import Contracts
import FoundationEssentials
import ManagementAPI

/// Brings a broker to the topology of the suite; doing it again changes nothing.
struct TopologyApplying: Sendable {
    let topology: Topology
    let management: ManagementAPI
    /// The broker with the administrator's user: declaring needs more than the operator may.
    let administrator: BrokerAddress
    /// Passwords of users that have to be made, by name.
    let password: @Sendable (String) throws -> String

    /// The virtual host of the operator's address, through the administrator of the management API.
    init(
        _ topology: Topology, management: ManagementAPI, broker: BrokerAddress,
        password: @escaping @Sendable (String) throws -> String
    ) {
        self.topology = topology
        self.management = management
        self.password = password
        var administrator = broker
        administrator.user = management.address.user
        administrator.password = management.address.password
        self.administrator = administrator
    }

    private var virtualHost: String { administrator.virtualHost }

    /// Makes what is missing and sets right what is different; with `prune` takes away what is unknown.
    ///
    /// - Returns: What was wrong before.
    func apply(prune: Bool) async throws -> [Drift] {
        let before = try await LiveTopology.read(management, virtualHost: virtualHost)
        let drift = before.drift(from: topology)
        // Users first: where one cannot be made for want of its password, nothing has been touched.
        for user in topology.users where !before.users.contains(where: { $0.name == user.name }) {
            try await management.putUser(user.name, password: try password(user.name))
        }
        try await allowAdministrator(before)
        try await declareExchanges()
        // Policies before queues: a queue never takes a message without them.
        for policy in topology.policies { try await management.putPolicy(policy.forBroker, in: virtualHost) }
        try await declareQueuesAndBindings()
        for user in topology.users { try await setPermissions(of: user) }
        if prune { try await takeAway(before) }
        return drift
    }

    private func allowAdministrator(_ before: LiveTopology) async throws {
        guard !before.permissions.contains(where: { $0.user == administrator.user }) else { return }
        try await management.putPermissions(.everything, of: administrator.user, in: virtualHost)
    }

    private func declareExchanges() async throws {
        try await Administration.with(administrator, name: "citycoop topology") { [topology] channel in
            for exchange in topology.exchanges {
                let alternate = exchange.alternate.map { ["alternate-exchange": HeaderValue.string($0)] } ?? [:]
                try channel.declare(ExchangeDeclaration(exchange.name, arguments: alternate))
            }
        }
    }

    private func declareQueuesAndBindings() async throws {
        try await Administration.with(administrator, name: "citycoop topology") { [topology] channel in
            for queue in topology.queues { try channel.declare(.quorum(queue.name)) }
            for binding in topology.bindings {
                try channel.bind(
                    Binding(queue: binding.queue, exchange: binding.exchange, routingKey: binding.key))
            }
        }
    }

    private func setPermissions(of user: Topology.User) async throws {
        let permissions = Permissions(configure: user.configure, write: user.write, read: user.read)
        try await management.putPermissions(permissions, of: user.name, in: virtualHost)
        for topic in user.topics {
            let permissions = TopicPermissions(exchange: topic.exchange, write: topic.write, read: topic.read)
            try await management.putTopicPermissions(permissions, of: user.name, in: virtualHost)
        }
    }

    private func takeAway(_ before: LiveTopology) async throws {
        let exchanges = Set(topology.exchanges.map(\.name))
        let queues = Set(topology.queues.map(\.name))
        let wanted = Set(topology.bindings.map { [$0.exchange, $0.queue, $0.key] })
        let unknown = before.bindings.filter {
            exchanges.contains($0.source) && queues.contains($0.destination)
                && !wanted.contains([$0.source, $0.destination, $0.routingKey])
        }
        try await Administration.with(administrator, name: "citycoop topology") { channel in
            for binding in unknown {
                try channel.unbind(
                    Binding(queue: binding.destination, exchange: binding.source, routingKey: binding.routingKey))
            }
        }
        let policies = Set(topology.policies.map(\.name))
        for policy in before.policies where policy.name.hasPrefix(Topology.policyPrefix) {
            if !policies.contains(policy.name) { try await management.deletePolicy(policy.name, in: virtualHost) }
        }
        try await takeTopicPermissionsAway(before)
    }

    /// The management API lifts all topic permissions of a user or none: those that are wanted are set again at once.
    private func takeTopicPermissionsAway(_ before: LiveTopology) async throws {
        for user in topology.users {
            let wanted = Set(user.topics.map(\.exchange))
            let there = before.topicPermissions.filter { $0.user == user.name }.map(\.permissions.exchange)
            guard there.contains(where: { !wanted.contains($0) }) else { continue }
            try await management.deleteTopicPermissions(of: user.name, in: virtualHost)
            try await setPermissions(of: user)
        }
    }
}

/// The passwords of new users: files in a folder, each named like its user.
struct PasswordFolder: Sendable {
    static let variable = "CITYCOOP_USER_PASSWORDS_FOLDER"

    let folder: String?

    /// The password in the user's file.
    func password(of user: String) throws(CommandFailure) -> String {
        guard let folder else {
            throw CommandFailure(
                .usage, "The broker has no user \(user), and there is no password to make it with.",
                hint: "\(Self.variable) names a folder with one file per user")
        }
        guard let text = try? String(contentsOf: URL(filePath: "\(folder)/\(user)"), encoding: .utf8),
            !text.trimmed.isEmpty
        else {
            throw CommandFailure(.usage, "There is no password in \(folder)/\(user); the user \(user) has to be made.")
        }
        return text.trimmed
    }
}
