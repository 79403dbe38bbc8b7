import Contracts
import FoundationEssentials
import Testing

/// What the topology must allow and what it must not, asked as the broker would ask.
@Suite struct TopologyTests {
    private let suite = Topology.suite

    private func matches(_ pattern: String, _ name: String) throws -> Bool {
        // The broker searches anywhere in the name, so an unanchored pattern would allow too much.
        name.firstMatch(of: try Regex(pattern)) != nil
    }

    private func user(_ name: String) throws -> Topology.User {
        try #require(suite.users.first { $0.name == name })
    }

    /// Whether a user may publish: to the exchange at all, and with this routing key.
    private func mayPublish(_ user: Topology.User, _ exchange: String, _ key: String) throws -> Bool {
        guard try matches(user.write, exchange) else { return false }
        guard let topic = user.topics.first(where: { $0.exchange == exchange }) else { return true }
        return try matches(topic.write, key)
    }

    @Test func everyNameThatIsUsedIsDeclared() {
        let exchanges = Set(suite.exchanges.map(\.name))
        let queues = Set(suite.queues.map(\.name))
        #expect(exchanges.count == suite.exchanges.count)
        #expect(queues.count == suite.queues.count)
        #expect(suite.bindings.allSatisfy { exchanges.contains($0.exchange) && queues.contains($0.queue) })
        #expect(suite.exchanges.compactMap(\.alternate).allSatisfy(exchanges.contains))
        let targets = suite.policies.compactMap { $0.texts["dead-letter-exchange"] }
        #expect(targets.allSatisfy(exchanges.contains))
        #expect(targets.count == ServiceName.allCases.count)
    }

    @Test func everyRequestReachesOneQueueByEitherExchange() {
        for service in ServiceName.allCases {
            for entry in Catalogue.requests(of: service) {
                for exchange in [Topology.Names.commands, Topology.Names.requests] {
                    let queues = suite.bindings.filter { $0.exchange == exchange && $0.key == entry.type.description }
                    #expect(queues.map(\.queue) == [Topology.Names.queue(service, entry.queue)])
                }
            }
        }
    }

    @Test func exactlyOnePolicyAppliesToEachQueue() throws {
        for queue in suite.queues {
            let policies = try suite.policies.filter { try matches($0.pattern, queue.name) }
            #expect(policies.count == 1, "\(queue.name)")
            let isLast = queue.name.hasSuffix(".dead") || queue.name == Topology.Names.unroutable
            #expect(policies.first?.texts.isEmpty == isLast, "\(queue.name)")
            // 20 is the default of RabbitMQ 4, and -1 is refused by 3.10.
            #expect((policies.first?.numbers["delivery-limit"] ?? 0) >= 1000)
        }
        #expect(try suite.policies.allSatisfy { try !matches($0.pattern, "reply.01939c5e") })
    }

    @Test func deadLettersReachTheOwnerOfTheQueue() {
        for policy in suite.policies {
            guard let key = policy.texts["dead-letter-routing-key"] else { continue }
            let targets = suite.bindings.filter { $0.exchange == Topology.Names.dead && $0.key == key }.map(\.queue)
            #expect(targets == [key])
            // Without reject-publish the broker falls back to at-most-once.
            #expect(policy.texts["dead-letter-strategy"] == "at-least-once")
            #expect(policy.texts["overflow"] == "reject-publish")
        }
    }

    @Test func onlyTheOwnerSaysItsEvents() throws {
        for service in ServiceName.allCases {
            for event in Catalogue.events(of: service) {
                for speaker in suite.users {
                    let may = try mayPublish(speaker, Topology.Names.events, event.type.description)
                    #expect(may == (speaker.name == service.rawValue), "\(speaker.name) says \(event.type)")
                }
            }
        }
    }

    @Test func aServiceCommandsOnlyWhatItCalls() throws {
        for asker in ServiceName.allCases {
            let user = try user(asker.rawValue)
            let calls = Set(Catalogue.calls(of: asker).map(\.description))
            for entry in ServiceName.allCases.flatMap(Catalogue.requests) {
                let key = entry.type.description
                #expect(try mayPublish(user, Topology.Names.commands, key) == calls.contains(key))
                #expect(try !mayPublish(user, Topology.Names.requests, key))
                // A dot in a pattern is any letter unless it is escaped.
                #expect(try !mayPublish(user, Topology.Names.commands, key.replacing(".", with: "x")))
                #expect(try !mayPublish(user, Topology.Names.commands, "x" + key))
                #expect(try !mayPublish(user, Topology.Names.commands, key + "0"))
            }
        }
    }

    @Test func aServiceReadsItsOwnQueuesOnly() throws {
        for reader in ServiceName.allCases {
            let user = try user(reader.rawValue)
            for queue in suite.queues {
                #expect(try matches(user.read, queue.name) == queue.name.hasPrefix("\(reader.rawValue)."))
                #expect(try !matches(user.configure, queue.name))
            }
            #expect(try matches(user.read, "reply.01939c5e") && matches(user.configure, "reply.01939c5e"))
            #expect(try matches(user.write, "amq.default"), "answers go through the default exchange")
            for exchange in [Topology.Names.events, Topology.Names.commands, Topology.Names.dead] {
                #expect(try !matches(user.configure, exchange) && !matches(user.read, exchange))
            }
            #expect(try !matches(user.write, Topology.Names.dead) && !matches(user.write, Topology.Names.unroutable))
        }
    }

    @Test func theOperatorAsksAnythingAndSaysNothing() throws {
        let user = try user(Topology.Names.operatorUser)
        for entry in ServiceName.allCases.flatMap(Catalogue.requests) {
            #expect(try mayPublish(user, Topology.Names.commands, entry.type.description))
            #expect(try mayPublish(user, Topology.Names.requests, entry.type.description))
        }
        #expect(try !matches(user.write, Topology.Names.events))
        // Watching: its own queue, bound to the events by any pattern.
        let watching = try #require(user.topics.first { $0.exchange == Topology.Names.events })
        for key in ["#", "vouchers.*.v1", "vouchers.redeemed.v1"] { #expect(try matches(watching.read, key)) }
        #expect(try matches(user.write, "watch.x") && matches(user.configure, "watch.x"))
        #expect(try matches(user.read, Topology.Names.events) && matches(user.read, "watch.x"))
    }

    @Test func everyTopicExchangeThatAUserMayWriteHasAPermissionOfItsOwn() throws {
        // The broker allows every routing key where no topic permission is set.
        for user in suite.users {
            for exchange in suite.exchanges where try matches(user.write, exchange.name) {
                #expect(user.topics.contains { $0.exchange == exchange.name }, "\(user.name) on \(exchange.name)")
            }
        }
    }
}
