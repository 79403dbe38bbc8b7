import Contracts
import JSON
import TestKit
import Testing

@testable import ManagementAPI
@testable import citycoop

@Suite struct TopologyDriftTests {
    private let exact = LiveTopology(exactly: .suite)

    @Test func aBrokerThatIsAsItShouldBeHasNoDrift() {
        #expect(exact.drift(from: .suite) == [])
    }

    @Test func anEmptyBrokerMissesEverythingOnce() {
        let topology = Topology.suite
        let drift = LiveTopology().drift(from: topology)
        let things =
            topology.exchanges.count + topology.queues.count + topology.bindings.count + topology.policies.count
            + topology.users.count
        #expect(drift.count == things)
        #expect(Set(drift).count == things)
        #expect(drift.allSatisfy { $0.fault == .missing })
    }

    /// Takes one thing away at a time, at random places, and expects exactly that thing to be named.
    @Test func whateverIsMissingIsNamedAndNothingElse() {
        var random = SeededGenerator()
        for _ in 0..<300 {
            var live = exact
            let expected = live.takeSomethingAway(using: &random)
            #expect(live.drift(from: .suite) == [expected])
        }
    }

    @Test func whatDiffersIsNamedWithBothSides() {
        var live = exact
        live.exchanges = live.exchanges.map {
            $0.name == "citycoop.commands" ? live.exchange($0.name, type: "direct") : $0
        }
        let drift = live.drift(from: .suite)
        #expect(drift.map(\.kind) == [.exchange])
        #expect(drift.first?.fault == .different)
        #expect(drift.first?.detail?.contains("type is direct, not topic") == true)
        #expect(drift.first?.detail?.contains("citycoop.unroutable") == true)
    }

    @Test func aQueueOfAnotherTypeOrUnderAnotherPolicyIsDrift() {
        for other in [
            exact.queue("vouchers.commands", arguments: [:], policy: "citycoop-vouchers"),
            exact.queue("vouchers.commands", arguments: ["x-queue-type": .string("quorum")], policy: "theirs"),
            exact.queue("vouchers.commands", arguments: ["x-queue-type": .string("quorum")], policy: nil),
            exact.queue(
                "vouchers.commands", arguments: ["x-queue-type": .string("quorum")], policy: "citycoop-vouchers",
                isDurable: false),
        ] {
            var live = exact
            live.queues = live.queues.map { $0.name == other.name ? other : $0 }
            #expect(live.drift(from: .suite).map(\.name) == ["vouchers.commands"])
        }
    }

    @Test func aQueueWithoutStatisticsYetIsNotBlamedForItsPolicy() {
        var live = exact
        live.queues = live.queues.map {
            live.queue($0.name, arguments: $0.arguments ?? [:], policy: nil, messages: nil)
        }
        #expect(live.drift(from: .suite) == [])
    }

    @Test func policiesAndPermissionsAreComparedInEveryPart() {
        for change: (inout BrokerPolicy) -> Void in [
            { $0.pattern = ".*" }, { $0.scope = .all }, { $0.priority = 1 },
            { $0.definition["delivery-limit"] = .int(20) },
            { $0.definition["overflow"] = nil },
        ] {
            var live = exact
            live.policies = live.policies.map { policy in
                var policy = policy
                if policy.name == "citycoop-cities" { change(&policy) }
                return policy
            }
            #expect(live.drift(from: .suite).map(\.kind) == [.policy])
        }
        for change: (inout Permissions) -> Void in [
            { $0.configure = ".*" }, { $0.write = ".*" }, { $0.read = "" },
        ] {
            var live = exact
            live.permissions = live.permissions.map { entry in
                var permissions = entry.permissions
                if entry.user == "events" { change(&permissions) }
                return UserPermissions(user: entry.user, virtualHost: "v", permissions: permissions)
            }
            #expect(live.drift(from: .suite).map(\.name) == ["events"])
        }
    }

    @Test func aServiceThatMayWriteAnothersEventsIsDrift() {
        var live = exact
        live.topicPermissions = live.topicPermissions.map { entry in
            var permissions = entry.permissions
            if entry.user == "events" && permissions.exchange == "citycoop.events" { permissions.write = ".*" }
            return UserTopicPermissions(user: entry.user, virtualHost: "v", permissions: permissions)
        }
        let drift = live.drift(from: .suite)
        #expect(drift.map(\.kind) == [.topicPermissions])
        #expect(drift.first?.name == "events on citycoop.events")
    }

    @Test func anAdministratorAmongTheServicesIsDrift() {
        var live = exact
        live.users = live.users.map { $0.name == "cities" ? BrokerUser(name: "cities", tags: ["administrator"]) : $0 }
        #expect(live.drift(from: .suite).map(\.kind) == [.user])
    }

    @Test func whatTheSuiteDoesNotKnowIsToldApart() {
        var live = exact
        live.bindings.append(
            BindingStatus(
                source: "citycoop.events", destination: "vouchers.events", destinationType: "queue",
                routingKey: "events.#", arguments: [:]))
        live.policies.append(BrokerPolicy(name: "citycoop-old", pattern: "x", definition: [:]))
        live.topicPermissions.append(
            UserTopicPermissions(
                user: "operator", virtualHost: "v",
                permissions: TopicPermissions(exchange: "others.exchange", write: ".*", read: ".*")))
        let drift = live.drift(from: .suite)
        #expect(drift.map(\.fault) == [.unknown, .unknown, .unknown])
        #expect(drift.map(\.kind) == [.binding, .policy, .topicPermissions])
        #expect(drift.map { TopologyStep($0, prune: false).action } == [.leave, .leave, .leave])
        #expect(drift.map { TopologyStep($0, prune: true).action } == [.take, .take, .take])
    }

    @Test func aPlanSaysWhatIsMadeWhatIsSetAndWhatSomebodyHasToDecide() {
        let missing = Drift(kind: .queue, fault: .missing, name: "vouchers.bulk")
        #expect("\(TopologyStep(missing, prune: false))" == "make queue vouchers.bulk")
        let policy = Drift(kind: .policy, fault: .different, name: "citycoop-cities", detail: "priority is 1, not 0")
        #expect("\(TopologyStep(policy, prune: false))" == "set policy citycoop-cities: priority is 1, not 0")
        for kind in [Drift.Kind.queue, .exchange, .user] {
            let made = Drift(kind: kind, fault: .different, name: "x", detail: "durable is false, not true")
            #expect(TopologyStep(made, prune: true).action == .decide)
        }
        let unknown = Drift(kind: .binding, fault: .unknown, name: "x -> y (#)")
        #expect("\(TopologyStep(unknown, prune: true))" == "take away binding x -> y (#)")
    }
}

extension LiveTopology {
    /// Removes one thing of the suite and returns how its absence has to be named.
    fileprivate mutating func takeSomethingAway(using random: inout SeededGenerator) -> Drift {
        let topology = Topology.suite
        func index(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            let name = topology.exchanges[index(topology.exchanges.count)].name
            exchanges.removeAll { $0.name == name }
            return Drift(kind: .exchange, fault: .missing, name: name)
        case 1:
            let name = topology.queues[index(topology.queues.count)].name
            queues.removeAll { $0.name == name }
            return Drift(kind: .queue, fault: .missing, name: name)
        case 2:
            let binding = topology.bindings[index(topology.bindings.count)]
            bindings.removeAll {
                $0.source == binding.exchange && $0.destination == binding.queue && $0.routingKey == binding.key
            }
            return Drift(
                kind: .binding, fault: .missing, name: "\(binding.exchange) -> \(binding.queue) (\(binding.key))")
        case 3:
            let name = topology.policies[index(topology.policies.count)].name
            policies.removeAll { $0.name == name }
            return Drift(kind: .policy, fault: .missing, name: name)
        case 4:
            let name = topology.users[index(topology.users.count)].name
            permissions.removeAll { $0.user == name }
            return Drift(kind: .permissions, fault: .missing, name: name)
        default:
            let user = topology.users[index(topology.users.count)]
            let exchange = user.topics[index(user.topics.count)].exchange
            topicPermissions.removeAll { $0.user == user.name && $0.permissions.exchange == exchange }
            return Drift(kind: .topicPermissions, fault: .missing, name: "\(user.name) on \(exchange)")
        }
    }
}
