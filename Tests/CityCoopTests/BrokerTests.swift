import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import ManagementAPI
import Synchronization
import TestKit
import Testing

@testable import citycoop

/// The suite's topology with users of its own in a virtual host of its own.
private func withAppliedTopology(
    _ body: (ScratchVhost, TopologyApplying) async throws -> Void
) async throws {
    try await withScratchVhost { vhost in
        var topology = Topology.suite
        // Users belong to the whole broker, and others test on it.
        topology.users = topology.users.map { user in
            var user = user
            user.name = "\(vhost.name)-\(user.name)"
            return user
        }
        let applying = TopologyApplying(topology, management: vhost.management, broker: vhost.address) {
            "secret-\($0)"
        }
        let before = try await applying.apply(prune: false)
        #expect(before.count > topology.queues.count)
        try await eventually("the policies are in force") {
            try await drift(applying).isEmpty
        }
        try await body(vhost, applying)
    }
}

private func drift(_ applying: TopologyApplying) async throws -> [Drift] {
    try await LiveTopology.read(applying.management, virtualHost: applying.administrator.virtualHost)
        .drift(from: applying.topology)
}

@Suite struct BrokerTests {
    @Test func appliedAgainNothingChangesAndDriftIsFoundAndMended() async throws {
        try await withAppliedTopology { vhost, applying in
            let again = try await applying.apply(prune: false)
            #expect(again.isEmpty)
            let cities = "\(vhost.name)-cities"
            try await vhost.administer { channel in
                try channel.deleteQueue("events.bulk")
                try channel.unbind(
                    Binding(queue: "cities.queries", exchange: "citycoop.requests", routingKey: "cities.get-city.v1"))
                try channel.bind(
                    Binding(queue: "cities.queries", exchange: "citycoop.requests", routingKey: "cities.get-city.v0"))
            }
            try await vhost.management.putPermissions(.everything, of: cities, in: vhost.name)
            try await vhost.management.deletePolicy("citycoop-last-resort", in: vhost.name)
            let found = try await drift(applying)
            let names = Set(found.map { "\($0.kind.rawValue) \($0.fault.rawValue) \($0.name)" })
            #expect(
                names.isSuperset(of: [
                    "queue missing events.bulk", "policy missing citycoop-last-resort",
                    "permissions different \(cities)",
                    "binding missing citycoop.requests -> cities.queries (cities.get-city.v1)",
                    "binding unknown citycoop.requests -> cities.queries (cities.get-city.v0)",
                ]))
            let steps = Set(found.map { TopologyStep($0, prune: false).action })
            #expect(steps == [.make, .set, .leave])
            let stillThere = try await drift(applying)
            #expect(Set(stillThere) == Set(found), "a plan changes nothing")
            _ = try await applying.apply(prune: false)
            try await eventually("only what is unknown is left") {
                try await drift(applying).map(\.fault) == [.unknown]
            }
            _ = try await applying.apply(prune: true)
            try await eventually("nothing is left") { try await drift(applying).isEmpty }
        }
    }

    @Test func withoutAPasswordNoUserIsMadeAndNothingIsTouched() async throws {
        try await withScratchVhost { vhost in
            var topology = Topology.suite
            topology.users = topology.users.prefix(1).map { user in
                var user = user
                user.name = "\(vhost.name)-new"
                return user
            }
            let folder = PasswordFolder(folder: nil)
            let applying = TopologyApplying(topology, management: vhost.management, broker: vhost.address) {
                try folder.password(of: $0)
            }
            await #expect(throws: CommandFailure.self) { _ = try await applying.apply(prune: false) }
            let queues = try await vhost.management.queues(in: vhost.name)
            #expect(queues.isEmpty)
        }
    }

    @Test func anOperatorSendsAndLooksButSaysNothing() async throws {
        try await withAppliedTopology { vhost, _ in
            var address = vhost.address
            address.user = "\(vhost.name)-operator"
            address.password = "secret-\(vhost.name)-operator"
            try await OperatorSession.with(address) { session in
                let messages = (0..<5).map {
                    CommandMessage(type: "nobody.asks.v\($0)", id: "id-\($0)", correlation: nil, body: Array("{}".utf8))
                        .outgoing
                }
                try await session.publish(messages, within: .seconds(10))
                var forged = messages[0]
                forged.exchange = Topology.Names.events
                await #expect(throws: AMQPError.self) { try await session.publish([forged], within: .seconds(10)) }
            }
            // Looking twice finds the same: nothing is taken away.
            for _ in 1...2 {
                let (count, first) = try await UnroutableQueue.look(address)
                #expect(count == 5)
                #expect(first.map(\.id).sorted() == (0..<5).map { "id-\($0)" })
                #expect(first.allSatisfy { $0.user == address.user && $0.bytes == 2 })
                try await eventually("everything is back in the queue") {
                    try await vhost.administer { try $0.messageCount(Topology.Names.unroutable) } == 5
                }
            }
        }
    }

    @Test func whatIsTakenAwayIsHandedOverWhole() async throws {
        try await withAppliedTopology { vhost, _ in
            let address = vhost.address
            try await OperatorSession.with(address) { session in
                let messages = (0..<3).map {
                    CommandMessage(
                        type: "nobody.asks.v1", id: "id-\($0)", correlation: nil, body: Array("[\($0)]".utf8)
                    )
                    .outgoing
                }
                try await session.publish(messages, within: .seconds(10))
            }
            let gone = Mutex<[String]>([])
            let count = try await UnroutableQueue.take(address) { taken in
                gone.withLock { $0.append("\(taken.message.id) \(taken.body)") }
            }
            #expect(count == 3)
            #expect(gone.withLock { $0 } == ["id-0 [0]", "id-1 [1]", "id-2 [2]"])
            let left = try await vhost.administer { try $0.messageCount(Topology.Names.unroutable) }
            #expect(left == 0)
        }
    }

    @Test func aWatcherSeesEventsOfItsPatternAndLeavesNothingBehind() async throws {
        try await withAppliedTopology { vhost, _ in
            var service = vhost.address
            service.user = "\(vhost.name)-vouchers"
            service.password = "secret-\(vhost.name)-vouchers"
            var watching = vhost.address
            watching.user = "\(vhost.name)-operator"
            watching.password = "secret-\(vhost.name)-operator"
            let owner = service
            let seen = try await EventWatch.with(watching, patterns: ["vouchers.issued.*"]) { watch in
                try await OperatorSession.with(owner) { session in
                    let events = ["vouchers.issued.v1", "vouchers.redeemed.v1", "vouchers.issued.v2"].map { type in
                        var message = CommandMessage(
                            type: type, id: type, correlation: nil, body: Array(#"{"b":1,"a":[]}"#.utf8)
                        ).outgoing
                        message.exchange = Topology.Names.events
                        return message
                    }
                    try await session.publish(events, within: .seconds(10))
                }
                var seen: [SeenEvent] = []
                while seen.count < 2 { seen += try await watch.next(max: 10) }
                return seen
            }
            #expect(seen.map(\.type) == ["vouchers.issued.v1", "vouchers.issued.v2"])
            #expect(seen.first?.line.hasSuffix(#"vouchers.issued.v1  {"a":[],"b":1}"#) == true)
            let queues = try await vhost.management.queues(in: vhost.name)
            #expect(!queues.contains { $0.name.hasPrefix("watch.") })
        }
    }

    @Test func aBrokerThatIsNotThereIsToldAtOnce() async throws {
        let address = try BrokerAddress(url: "amqp://guest:guest@127.0.0.1:1/")
        do {
            try await OperatorSession.with(address) { _ in }
            Issue.record("there was a session")
        } catch {
            #expect(CommandFailure(explaining: error).code == .unreachable)
        }
    }
}
