import AMQP
import JSON
import TestKit
import Testing

@testable import ManagementAPI

@Suite("Administration and the management API", .timeLimit(.minutes(2)))
struct AdministrationTests {
    @Test func makesFindsAndDeletesTopology() async throws {
        try await withScratchVhost { vhost in
            try await vhost.administer { channel in
                try channel.declare(ExchangeDeclaration("unroutable", kind: .fanout))
                try channel.declare(
                    ExchangeDeclaration("commands", arguments: ["alternate-exchange": .string("unroutable")]))
                try channel.declare(.quorum("work", arguments: ["x-single-active-consumer": .bool(true)]))
                try channel.declare(.quorum("lost"))
                try channel.bind(Binding(queue: "work", exchange: "commands", routingKey: "work.#"))
                try channel.bind(Binding(queue: "lost", exchange: "unroutable", routingKey: ""))
            }
            let publisher = Publisher(name: "p", address: vhost.address)
            try await running(publisher) { publisher in
                let messages = ["work.one", "play.one"].map {
                    OutgoingMessage(exchange: "commands", routingKey: $0, mandatory: true, body: Array($0.utf8))
                }
                // With an alternate exchange the broker returns nothing.
                #expect(await publisher.publish(messages) == [.confirmed, .confirmed])
            }
            try await vhost.administer { channel in
                #expect(try channel.messageCount("work") == 1)
                let lost = try #require(try channel.takeOne("lost"))
                #expect(lost.body == Array("play.one".utf8) && lost.routingKey == "play.one")
                let none = try channel.takeOne("lost")
                #expect(none == nil)
                #expect(try channel.purge("work") == 1)
                try channel.unbind(Binding(queue: "work", exchange: "commands", routingKey: "work.#"))
                try channel.deleteQueue("work")
                try channel.deleteQueue("work")
                try channel.deleteExchange("commands")
            }
        }
    }

    @Test func refusalsCarryTheReplyCodeAndSpareTheRest() async throws {
        try await withScratchVhost { vhost in
            try await vhost.administer { channel in
                try channel.declare(QueueDeclaration("q"))
                let missing = #expect(throws: AMQPError.self) { try channel.requireQueue("nowhere") }
                #expect(missing?.replyCode == 404 && missing?.code == .channelClosed)
                let noExchange = #expect(throws: AMQPError.self) { try channel.requireExchange("nowhere") }
                #expect(noExchange?.replyCode == 404)
                let different = #expect(throws: AMQPError.self) { try channel.declare(.quorum("q")) }
                #expect(different?.replyCode == 406 && different?.isRetryable == false)
                #expect(try channel.messageCount("q") == 0)
            }
        }
    }

    @Test func managesUsersPermissionsAndPolicies() async throws {
        try await withScratchVhost { vhost in
            let (management, name) = (vhost.management, vhost.name)
            // Names that mean something in a path.
            let odd = "\(name)-a/b?c=%2f&d e.ü"
            try await management.putUser(odd, password: "p", tags: ["monitoring"])
            #expect(try await management.users().contains(BrokerUser(name: odd, tags: ["monitoring"])))
            let permissions = Permissions(configure: "", write: "^citycoop\\.", read: "^a$")
            try await management.putPermissions(permissions, of: odd, in: name)
            let topics = TopicPermissions(exchange: "amq.topic", write: "^x\\.", read: ".*")
            try await management.putTopicPermissions(topics, of: odd, in: name)
            #expect(
                try await management.permissions(in: name).contains(
                    UserPermissions(user: odd, virtualHost: name, permissions: permissions)))
            #expect(
                try await management.topicPermissions(in: name)
                    == [UserTopicPermissions(user: odd, virtualHost: name, permissions: topics)])
            try await management.deleteTopicPermissions(of: odd, in: name)
            try await management.deletePermissions(of: odd, in: name)
            #expect(try await management.topicPermissions(in: name).isEmpty)

            var policy = Policy(
                name: "p/1", pattern: "^work$", priority: 3,
                definition: ["delivery-limit": .int(1000), "overflow": .string("reject-publish")])
            try await management.putPolicy(policy, in: name)
            policy.priority = 4
            try await management.putPolicy(policy, in: name)
            #expect(try await management.policies(in: name) == [policy])
            try await vhost.administer { channel in
                try channel.declare(.quorum("work"))
                try channel.bind(Binding(queue: "work", exchange: "amq.topic", routingKey: "x.*"))
            }
            try await waitUntil("the policy shows") {
                try await management.queue("work", in: name)?.policy == "p/1"
            }
            let queues = try await management.queues(in: name)
            #expect(queues.map(\.name) == ["work"] && queues[0].arguments?["x-queue-type"] == .string("quorum"))
            #expect(try await management.exchanges(in: name).contains { $0.name == "amq.topic" && $0.type == "topic" })
            #expect(
                try await management.bindings(in: name).contains { $0.source == "amq.topic" && $0.routingKey == "x.*" })
            try await management.deletePolicy("p/1", in: name)
            try await management.deletePolicy("p/1", in: name)
            #expect(try await management.policies(in: name).isEmpty)
            #expect(try await management.queue("nowhere", in: name) == nil)
        }
    }

    @Test func connectionsShowAndCanBeClosed() async throws {
        try await withScratchVhost { vhost in
            let log = EventLog()
            let publisher = Publisher(name: "visible", address: vhost.address, limits: quickLimits, events: log.record)
            try await running(publisher) { _ in
                try await waitUntil("the connection shows with its name") {
                    try await vhost.management.connections(in: vhost.name).contains { $0.clientName == "visible" }
                }
                let connection = try #require(try await vhost.management.connections(in: vhost.name).first)
                try await vhost.management.closeConnection(connection.name)
                try await waitUntil("the publisher knows who closed it") {
                    log.errors.contains { $0.code == .connectionClosed && $0.replyCode == 320 }
                }
            }
        }
    }

    @Test func errorsAreTypedAndShowNoPassword() async throws {
        try await withScratchVhost { vhost in
            let missing = await #expect(throws: ManagementError.self) {
                try await vhost.management.queues(in: "nowhere-at-all")
            }
            #expect(missing?.isNotFound == true)
            let base = vhost.management.address.base
            let place = base.dropFirst("http://".count)
            let stranger = try ManagementAPI(url: "http://nobody:hunter2@\(place)")
            let refused = await #expect(throws: ManagementError.self) { try await stranger.overview() }
            #expect(refused?.status == 401)
            let nobody = try ManagementAPI(url: "http://u:hunter2@127.0.0.1:1")
            let unreachable = await #expect(throws: ManagementError.self) { try await nobody.overview() }
            #expect(unreachable?.code == .unreachable)
            var dumped = ""
            dump(stranger.address, to: &dumped)
            let texts = "\(stranger.address) \(dumped) \(refused as Any) \(unreachable as Any)"
            #expect(!texts.contains("hunter2"))
        }
    }

    @Test func theAuthorityMayBeNamed() throws {
        let address = try ManagementAddress(url: "https://u:p%3F@broker:15671/?cacertfile=/etc/an%20authority.pem")
        #expect(address.base == "https://broker:15671")
        #expect(address.password == "p?")
        #expect(address.authorityFile == "/etc/an authority.pem")
        #expect("\(address)" == "https://u:***@broker:15671")
        #expect(try ManagementAddress(url: "https://broker").authorityFile == nil)
    }

    @Test(arguments: [
        "", "broker:15672", "ftp://h", "http://", "http://u:p@", "http://u%zz@h", "http://u:p@:80",
        "http://u:p@h?cacertfile=/x", "https://u:p@h?cacertfile=", "https://u:p@h?cacertfile=%zz",
        "https://?cacertfile=x",
    ])
    func refusesAddressesThatAreNone(url: String) {
        let error = #expect(throws: ManagementError.self) { try ManagementAddress(url: url) }
        #expect(error?.code == .addressInvalid)
    }
}
