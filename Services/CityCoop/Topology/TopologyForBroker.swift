import Contracts
import JSON
import ManagementAPI

// The topology in the management API's terms.

/// A policy as the management API has it; the topology has one of the same name.
typealias BrokerPolicy = Policy

extension Topology {
    /// What the names of the suite's policies begin with.
    static let policyPrefix = "citycoop-"
}

extension Topology.Exchange {
    /// What it is declared with.
    var arguments: [String: JSONValue] {
        alternate.map { ["alternate-exchange": .string($0)] } ?? [:]
    }
}

extension Topology.Queue {
    /// What it is declared with.
    var arguments: [String: JSONValue] { ["x-queue-type": .string("quorum")] }
}

extension Topology.Policy {
    /// The policy as the broker takes it.
    var forBroker: BrokerPolicy {
        let numbers = numbers.mapValues { JSONValue.int(Int64($0)) }
        let texts = texts.mapValues { JSONValue.string($0) }
        return BrokerPolicy(
            name: name, pattern: pattern, scope: .queues, priority: 0,
            definition: numbers.merging(texts) { number, _ in number })
    }

    /// Whether it applies to the queue; a pattern that is no regular expression applies to nothing.
    func matches(_ queue: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return queue.contains(regex)
    }
}
