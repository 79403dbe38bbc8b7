import Contracts
import JSON
import ManagementAPI

/// One thing in which a broker differs from the topology of the suite.
struct Drift: Codable, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing differs.
    enum Kind: String, Codable, Sendable {
        case exchange, queue, binding, policy, user, permissions
        case topicPermissions = "topic permissions"
    }

    /// How it differs.
    enum Fault: String, Codable, Sendable {
        /// The broker does not have it: `apply` makes it.
        case missing
        /// The broker has it otherwise: `apply` sets it right, except what a queue or exchange was declared with.
        case different
        /// The broker has it and the suite does not know it: `apply --prune` takes it away.
        case unknown
    }

    var kind: Kind
    var fault: Fault
    var name: String
    /// What is expected and what is there.
    var detail: String?

    var description: String {
        "\(kind.rawValue) \(name) is \(fault.rawValue)" + (detail.map { ": \($0)" } ?? "")
    }
}

extension LiveTopology {
    /// Everything in which this differs from `topology`, in the order of its parts.
    ///
    /// Things that are neither of the suite nor attached to things of the suite are nobody's business here: other users,
    /// other queues, policies that match no queue of ours.
    func drift(from topology: Topology) -> [Drift] {
        drift(topology.exchanges) + drift(topology.queues, topology.policies) + drift(topology.bindings, of: topology)
            + drift(topology.policies, of: topology) + topology.users.flatMap(drift)
    }

    // MARK: Exchanges and queues

    private func drift(_ expected: [Topology.Exchange]) -> [Drift] {
        expected.compactMap { exchange in
            guard let live = exchanges.first(where: { $0.name == exchange.name }) else {
                return Drift(kind: .exchange, fault: .missing, name: exchange.name)
            }
            var faults = Faults()
            faults.compare("type", "topic", live.type)
            faults.compare("durable", true, live.isDurable)
            faults.compare("arguments", exchange.arguments, live.arguments ?? [:])
            return faults.drift(.exchange, exchange.name)
        }
    }

    private func drift(_ expected: [Topology.Queue], _ policies: [Topology.Policy]) -> [Drift] {
        expected.compactMap { queue in
            guard let live = queues.first(where: { $0.name == queue.name }) else {
                return Drift(kind: .queue, fault: .missing, name: queue.name)
            }
            var faults = Faults()
            faults.compare("durable", true, live.isDurable)
            faults.compare("arguments", queue.arguments, live.arguments ?? [:])
            // A policy that is not there at all is told once, as missing. Which one applies is among the statistics, which
            // come some seconds after a queue is made.
            if live.messages != nil, let policy = policies.first(where: { $0.matches(queue.name) }),
                self.policies.contains(where: { $0.name == policy.name })
            {
                faults.compare("policy", policy.name, live.policy ?? "none")
            }
            return faults.drift(.queue, queue.name)
        }
    }

    // MARK: Bindings

    private func drift(_ expected: [Topology.Binding], of topology: Topology) -> [Drift] {
        func name(_ exchange: String, _ queue: String, _ key: String) -> String { "\(exchange) -> \(queue) (\(key))" }
        let wanted = Set(expected.map { name($0.exchange, $0.queue, $0.key) })
        let ours = Set(topology.exchanges.map(\.name))
        let ourQueues = Set(topology.queues.map(\.name))
        let live = bindings.filter { !$0.source.isEmpty && $0.destinationType == "queue" }
        let there = Set(live.map { name($0.source, $0.destination, $0.routingKey) })
        let unknown = live.filter { ours.contains($0.source) && ourQueues.contains($0.destination) }
            .map { name($0.source, $0.destination, $0.routingKey) }
            .filter { !wanted.contains($0) }
        return expected.map { name($0.exchange, $0.queue, $0.key) }.filter { !there.contains($0) }
            .map { Drift(kind: .binding, fault: .missing, name: $0) }
            + unknown.map { Drift(kind: .binding, fault: .unknown, name: $0) }
    }

    // MARK: Policies

    private func drift(_ expected: [Topology.Policy], of topology: Topology) -> [Drift] {
        let known = expected.compactMap { policy -> Drift? in
            guard let live = policies.first(where: { $0.name == policy.name }) else {
                return Drift(kind: .policy, fault: .missing, name: policy.name)
            }
            let wanted = policy.forBroker
            var faults = Faults()
            faults.compare("pattern", wanted.pattern, live.pattern)
            faults.compare("apply-to", wanted.scope.rawValue, live.scope.rawValue)
            faults.compare("priority", wanted.priority, live.priority)
            faults.compare("definition", wanted.definition, live.definition)
            return faults.drift(.policy, policy.name)
        }
        let names = Set(expected.map(\.name))
        let unknown = policies.filter { $0.name.hasPrefix(Topology.policyPrefix) && !names.contains($0.name) }
        return known + unknown.map { Drift(kind: .policy, fault: .unknown, name: $0.name) }
    }

    // MARK: Users

    private func drift(_ user: Topology.User) -> [Drift] {
        guard let live = users.first(where: { $0.name == user.name }) else {
            return [Drift(kind: .user, fault: .missing, name: user.name)]
        }
        var tags = Faults()
        tags.compare("tags", "none", live.tags.isEmpty ? "none" : live.tags.joined(separator: ", "))
        let found = [tags.drift(.user, user.name), permissionDrift(user)].compactMap { $0 }
        return found + topicDrift(user)
    }

    private func permissionDrift(_ user: Topology.User) -> Drift? {
        guard let live = permissions.first(where: { $0.user == user.name }) else {
            return Drift(kind: .permissions, fault: .missing, name: user.name)
        }
        var faults = Faults()
        faults.compare("configure", user.configure, live.permissions.configure)
        faults.compare("write", user.write, live.permissions.write)
        faults.compare("read", user.read, live.permissions.read)
        return faults.drift(.permissions, user.name)
    }

    private func topicDrift(_ user: Topology.User) -> [Drift] {
        let live = topicPermissions.filter { $0.user == user.name }.map(\.permissions)
        let known = user.topics.compactMap { topic -> Drift? in
            let name = "\(user.name) on \(topic.exchange)"
            guard let there = live.first(where: { $0.exchange == topic.exchange }) else {
                return Drift(kind: .topicPermissions, fault: .missing, name: name)
            }
            var faults = Faults()
            faults.compare("write", topic.write, there.write)
            faults.compare("read", topic.read, there.read)
            return faults.drift(.topicPermissions, name)
        }
        let names = Set(user.topics.map(\.exchange))
        let unknown = live.filter { !names.contains($0.exchange) }
        return known
            + unknown.map {
                Drift(kind: .topicPermissions, fault: .unknown, name: "\(user.name) on \($0.exchange)")
            }
    }
}

/// Collects in what one thing differs.
private struct Faults {
    private var texts: [String] = []

    mutating func compare<Value: Equatable>(_ what: String, _ expected: Value, _ live: Value) {
        if expected != live { texts.append("\(what) is \(text(live)), not \(text(expected))") }
    }

    func drift(_ kind: Drift.Kind, _ name: String) -> Drift? {
        texts.isEmpty ? nil : Drift(kind: kind, fault: .different, name: name, detail: texts.joined(separator: "; "))
    }

    private func text(_ value: some Any) -> String {
        switch value {
        case let value as [String: JSONValue]: JSONText.line(value)
        case let value as String: value.isEmpty ? "empty" : value
        default: "\(value)"
        }
    }
}
