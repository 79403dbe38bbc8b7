import AMQP
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import TestKit
import Testing

@Suite("TLS to the broker", .timeLimit(.minutes(1)))
struct TLSTests {
    /// The broker's TLS listener, by a name that its certificate carries.
    private let broker: BrokerAddress

    init() throws {
        let (url, file) = (try variable("CITYCOOP_TEST_AMQPS_URL"), try variable("CITYCOOP_TEST_AUTHORITY_FILE"))
        broker = try BrokerAddress(url: "\(url)?cacertfile=\(file)")
    }

    /// What a client hears that tries to connect; with the usual time-out, which is longer than the test waits, not that
    /// its time is up.
    private func objection(
        to address: BrokerAddress, connectTimeout: Duration = .seconds(60)
    ) async throws -> AMQPError {
        var limits = quickLimits
        limits.connectTimeout = connectTimeout
        let log = EventLog()
        let publisher = Publisher(name: "refused", address: address, limits: limits, events: log.record)
        try await running(publisher) { publisher in
            try await waitUntil("the connection is given up") { log.errors.count >= 1 }
            #expect(!publisher.isConnected)
        }
        return log.errors[0]
    }

    @Test func messagesOfAllSizesGoThroughAndBack() async throws {
        try await withScratchVhost { vhost in
            var address = broker
            address.virtualHost = vhost.name
            let sealed = address
            try await Administration.with(sealed) { channel in _ = try channel.declare(QueueDeclaration.quorum("q")) }
            // Around the sizes of frames and of TLS records, and far above.
            let sizes = [0, 1, 16_380, 16_384, 16_390, 131_064, 131_072, 1 << 20] + Array(repeating: 200, count: 1_000)
            let messages = sizes.enumerated().map { number, size in
                OutgoingMessage(
                    exchange: "", routingKey: "q", properties: Properties(deliveryMode: 2, messageID: "\(number)"),
                    body: [UInt8](repeating: UInt8(number % 251), count: size))
            }
            let publisher = Publisher(name: "sealed", address: sealed, limits: quickLimits)
            try await running(publisher) { publisher in
                #expect(await publisher.publish(messages).allSatisfy { $0 == .confirmed })
            }
            let consumer = Consumer(
                name: "sealed", source: .queue("q"), prefetch: 2_000, address: sealed, limits: quickLimits)
            try await running(consumer) { consumer in
                let deliveries = try await consumer.take(messages.count)
                #expect(deliveries.map(\.body) == messages.map(\.body))
                await consumer.acknowledge(deliveries.map(\.tag))
            }
            #expect(try await vhost.administer { try $0.messageCount("q") } == 0)
        }
    }

    @Test func anAuthorityThatDidNotSignIsNotBelieved() async throws {
        var address = broker
        address.tls = BrokerAddress.TLS()
        let error = try await objection(to: address)
        #expect(error.code == .tlsFailed)
        #expect(error.text.contains("no authority in /etc/ssl/certs/ca-certificates.crt"), "\(error)")
    }

    @Test func aNameThatTheCertificateDoesNotCarryIsRefused() async throws {
        var address = broker
        address.host = "127.0.0.1"
        let error = try await objection(to: address)
        #expect(error.code == .tlsFailed)
        #expect(error.text.contains("not for 127.0.0.1"), "\(error)")
    }

    @Test func authoritiesThatAreNotThereAreNamed() async throws {
        var address = broker
        address.tls = BrokerAddress.TLS(authorityFile: "/nowhere/authority.pem")
        let error = try await objection(to: address)
        #expect(error.code == .tlsFailed)
        #expect(error.text.contains("/nowhere/authority.pem"), "\(error)")
    }

    @Test func aPortWithoutTLSIsNoticedAtOnce() async throws {
        var address = broker
        address.port = try BrokerAddress(url: try variable("CITYCOOP_TEST_AMQP_URL")).port
        let error = try await objection(to: address)
        #expect(error.code == .tlsFailed)
        #expect(error.text.contains("does not speak TLS"), "\(error)")
    }

    @Test func aPortWithTLSIsNoticedAtOnceWithoutIt() async throws {
        var address = broker
        address.tls = nil
        #expect(try await objection(to: address).code == .connectionLost)
    }

    @Test func aPeerBelowTLS12IsRefused() async throws {
        let error = try await objection(to: TersePeer(answer: TersePeer.serverHello(version: 1)))
        #expect(error.code == .tlsFailed, "\(error)")
    }

    /// The second says hello with 1.2, which is believed, and waited for.
    @Test(arguments: [[], TersePeer.serverHello(version: 2)])
    func aPeerThatSaysNoMoreIsGivenUp(answer: [UInt8]) async throws {
        let error = try await objection(to: TersePeer(answer: answer), connectTimeout: .milliseconds(500))
        #expect(error.code == .connectFailed, "\(error)")
    }

    private func objection(
        to peer: TersePeer, connectTimeout: Duration = .seconds(60)
    ) async throws -> AMQPError {
        defer { peer.stop() }
        let address = BrokerAddress(host: "localhost", port: peer.port, user: "u", password: "p", tls: .init())
        return try await objection(to: address, connectTimeout: connectTimeout)
    }
}

private func variable(_ name: String) throws -> String {
    try #require(ProcessInfo.processInfo.environment[name], "run the tests through infra/test")
}

/// Answers the first thing it hears on each connection, and says nothing more.
private final class TersePeer: Sendable {
    let port: Int
    private let listener: Int32
    private let clients = Mutex<[Int32]>([])

    init(answer: [UInt8]) throws {
        (listener, port) = try Loopback.listening()
        DispatchQueue(label: "terse peer").async { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                clients.withLock { $0.append(client) }
                var byte: UInt8 = 0
                _ = unsafe recv(client, &byte, 1, Int32(MSG_PEEK))
                _ = unsafe answer.withUnsafeBytes { unsafe send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for client in clients.withLock({ $0 }) { close(client) }
    }

    /// Agrees to a minor version of TLS 1, with a cipher suite that all of them know.
    static func serverHello(version: UInt8) -> [UInt8] {
        let version = version + 1
        let secureRenegotiation: [UInt8] = [0xFF, 0x01, 0, 1, 0]
        let hello =
            [3, version] + [UInt8](repeating: 7, count: 32) + [0] + [0xC0, 0x13] + [0]
            + [0, UInt8(secureRenegotiation.count)] + secureRenegotiation
        let handshake = [2, 0, 0, UInt8(hello.count)] + hello
        return [22, 3, version, 0, UInt8(handshake.count)] + handshake
    }
}
