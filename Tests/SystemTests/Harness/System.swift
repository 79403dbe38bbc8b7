import AMQP
import Contracts
import Foundation
import JSON
import ManagementAPI
import Postgres
import TestKit

/// The suite as it is installed: a virtual host with its topology, four databases, and the executables.
final class System: Sendable {
    /// The system of the running tests.
    @TaskLocal static var current: System?

    static var required: System {
        get throws {
            guard let current else { throw Program.Failed(description: "no system: the trait is missing") }
            return current
        }
    }

    let name: String
    let servers: PrivateServers
    let programs: String
    /// The broker as its administrator, who may do anything in the virtual host.
    let administrator: BrokerAddress
    private let passwords: [String: String]
    private let keys: [String: String]

    /// Installs the suite under a name: virtual host, users, topology, databases, schemas.
    static func install(_ name: String, on servers: PrivateServers) async throws -> System {
        let system = System(name: name, servers: servers, programs: try Surroundings.programs())
        try await system.makeBrokerReady()
        try await system.makeDatabasesReady()
        try FileManager.default.createDirectory(atPath: system.mailFolder, withIntermediateDirectories: true)
        for service in ServiceName.allCases { try await system.migrate(service) }
        return system
    }

    private init(name: String, servers: PrivateServers, programs: String) {
        self.name = name
        self.servers = servers
        self.programs = programs
        var administrator = servers.amqp
        administrator.virtualHost = name
        self.administrator = administrator
        // Users are the broker's, not the virtual host's: every system on these servers must name the same passwords.
        var generator = SystemRandomNumberGenerator()
        passwords = Dictionary(
            uniqueKeysWithValues: (ServiceName.allCases.map(\.rawValue) + [Topology.Names.operatorUser]).map {
                ($0, "password-of-\($0)")
            })
        keys = [
            "CITYCOOP_SEAL_KEY": Self.key(&generator), "VOUCHERS_CODE_KEY": "1:\(Self.key(&generator))",
            "CITIES_BANK_KEY": Self.key(&generator),
        ]
    }

    private static func key(_ generator: inout SystemRandomNumberGenerator) -> String {
        Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }).base64EncodedString()
    }

    // MARK: Broker

    /// The broker as a user of the suite: a service or the operator.
    func broker(as user: String) -> BrokerAddress {
        var address = administrator
        address.user = user
        address.password = passwords[user] ?? ""
        return address
    }

    var broker: BrokerAddress { broker(as: Topology.Names.operatorUser) }

    private func makeBrokerReady() async throws {
        let management = servers.management
        let topology = Topology.suite
        try await management.putVirtualHost(name)
        try await management.putPermissions(.everything, of: administrator.user, in: name)
        for policy in topology.policies { try await management.putPolicy(policy.forBroker, in: name) }
        for user in topology.users {
            try await management.putUser(user.name, password: passwords[user.name] ?? "")
            try await management.putPermissions(
                Permissions(configure: user.configure, write: user.write, read: user.read), of: user.name, in: name)
            for topic in user.topics {
                try await management.putTopicPermissions(
                    TopicPermissions(exchange: topic.exchange, write: topic.write, read: topic.read), of: user.name,
                    in: name)
            }
        }
        try await Administration.with(administrator) { channel in
            for exchange in topology.exchanges {
                let alternate = exchange.alternate.map { ["alternate-exchange": HeaderValue.string($0)] } ?? [:]
                try channel.declare(ExchangeDeclaration(exchange.name, arguments: alternate))
            }
            for queue in topology.queues { try channel.declare(.quorum(queue.name)) }
            for binding in topology.bindings {
                try channel.bind(Binding(queue: binding.queue, exchange: binding.exchange, routingKey: binding.key))
            }
        }
    }

    /// Sets the delivery limit of every work queue, over the topology's own policy.
    func setDeliveryLimit(_ limit: Int) async throws {
        for var policy in Topology.suite.policies where policy.numbers["delivery-limit"] != 1_000_000_000 {
            policy.name += "-limited"
            policy.numbers["delivery-limit"] = limit
            var forBroker = policy.forBroker
            forBroker.priority = 10
            try await servers.management.putPolicy(forBroker, in: name)
        }
    }

    /// How many messages wait in each queue that is not empty; what is delivered and not settled does not count.
    ///
    /// - Parameter services: Whose queues, besides the one of what is unroutable.
    func waitingMessages(for services: [ServiceName] = ServiceName.allCases) async throws -> [String: Int] {
        let names =
            services.flatMap { service in QueueName.allCases.map { Topology.Names.queue(service, $0) } }
            + [Topology.Names.unroutable]
        return try await Administration.with(administrator) { channel in
            var counts: [String: Int] = [:]
            for name in names { counts[name] = try channel.messageCount(name) }
            return counts.filter { $0.value > 0 }
        }
    }

    // MARK: Databases

    /// A service's database as the server's administrator.
    func database(_ service: ServiceName) -> DatabaseAddress {
        servers.database.naming(database: databaseName(service))
    }

    private func databaseName(_ service: ServiceName) -> String { "\(name)_\(service.rawValue)" }

    private func makeDatabasesReady() async throws {
        let connection = try await Connection.connect(to: servers.database, name: "system tests", limits: .migrating)
        for service in ServiceName.allCases {
            let password = passwords[service.rawValue] ?? ""
            try await connection.runScript(
                """
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(service.rawValue)') THEN
                        CREATE ROLE \(service.rawValue) LOGIN PASSWORD '\(password)';
                    END IF;
                END $$
                """)
            try await connection.runScript("CREATE DATABASE \(databaseName(service)) OWNER \(service.rawValue)")
        }
        await connection.close()
    }

    /// Brings a service's schema up to date, as its operator does before it starts.
    func migrate(_ service: ServiceName) async throws {
        _ = try await Program.output(program(service), ["migrate"], environment: environment(of: service, httpPort: 1))
    }

    /// Deletes a service's database with all there is in it, and makes it anew, without a table.
    func emptyDatabase(of service: ServiceName) async throws {
        let connection = try await Connection.connect(to: servers.database, name: "system tests", limits: .migrating)
        try await connection.runScript("DROP DATABASE \(databaseName(service)) WITH (FORCE)")
        try await connection.runScript("CREATE DATABASE \(databaseName(service)) OWNER \(service.rawValue)")
        await connection.close()
    }

    // MARK: Programs

    /// The path of an executable.
    func program(_ service: ServiceName) -> String { "\(programs)/\(service.rawValue)" }

    /// Where notifications puts its mails.
    var mailFolder: String { "\(servers.state)/mail-\(name)" }

    /// What a service reads; other ports than the servers' own where something stands between.
    func environment(
        of service: ServiceName, httpPort: Int, brokerPort: Int? = nil, databasePort: Int? = nil
    ) -> [String: String] {
        let prefix = service.rawValue.uppercased()
        let password = passwords[service.rawValue] ?? ""
        let port = brokerPort ?? administrator.port
        let database = "127.0.0.1:\(databasePort ?? servers.databasePort)"
        return keys.merging([
            "\(prefix)_AMQP_URL": "amqp://\(service.rawValue):\(password)@127.0.0.1:\(port)/\(name)",
            "\(prefix)_DATABASE_URL":
                "postgresql://\(service.rawValue):\(password)@\(database)/\(databaseName(service))",
            "\(prefix)_HTTP_PORT": String(httpPort), "NOTIFICATIONS_MAIL_FOLDER": mailFolder,
            "VOUCHERS_FILE_FOLDER": mailFolder,
            // Tills here try more wrong codes than anybody may.
            "VOUCHERS_WRONG_CODES_PRINCIPAL": "1000000", "VOUCHERS_WRONG_CODES_MERCHANT": "1000000",
            "VOUCHERS_WRONG_CODES_TOTAL": "1000000",
            "CITYCOOP_LOG_FORMAT": "plain", "CITYCOOP_ADMINISTRATOR": Topology.Names.operatorUser,
        ]) { $1 }
    }

    /// What the operator's tool reads.
    var operatorEnvironment: [String: String] {
        let management = servers.management.address
        return [
            "CITYCOOP_AMQP_URL":
                "amqp://\(broker.user):\(broker.password)@127.0.0.1:\(broker.port)/\(name)",
            "CITYCOOP_MANAGEMENT_URL": management.base.replacing(
                "://", with: "://\(management.user):\(management.password)@"),
        ]
    }
}

/// A policy as the management API takes it; the topology has a type of the same name.
typealias BrokerPolicy = Policy

extension Topology.Policy {
    /// As the management API takes it.
    var forBroker: BrokerPolicy {
        let numbers = numbers.mapValues { JSONValue.int(Int64($0)) }
        return BrokerPolicy(
            name: name, pattern: pattern, definition: numbers.merging(texts.mapValues { .string($0) }) { $1 })
    }
}
