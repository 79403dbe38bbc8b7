import CoreMetrics
import FlyingFox
import FlyingSocks
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ServiceKit

private struct NotThere: Error, CustomStringConvertible {
    let description = "the \"broker\" is not there"
}

@Suite("Readiness")
struct ReadinessTests {
    @Test("without questions a service is ready")
    func empty() async {
        let report = await Readiness().report()
        #expect(report.isReady)
        #expect(String(decoding: report.json, as: UTF8.self) == #"{"ready":true,"checks":[]}"#)
    }

    @Test("every question is answered in its place, with what it says")
    func answers() async {
        let readiness = Readiness()
        readiness.add("database") { "PostgreSQL 15" }
        readiness.add("broker") { throw NotThere() }
        let report = await readiness.report()
        #expect(!report.isReady)
        #expect(
            String(decoding: report.json, as: UTF8.self)
                == #"{"ready":false,"checks":[{"name":"database","ok":true,"detail":"PostgreSQL 15"},"#
                + #"{"name":"broker","ok":false,"detail":"the \"broker\" is not there"}]}"#)
    }

    @Test("a question without an answer is answered with no in its time")
    func late() async {
        let readiness = Readiness()
        readiness.add("slow", within: .milliseconds(20)) {
            try await Task.sleep(for: .seconds(3_600))
            return "at last"
        }
        readiness.add("quick") { "there" }
        let report = await readiness.report()
        #expect(
            report.checks == [
                CheckResult(name: "slow", isOK: false, detail: "no answer within 20ms"),
                CheckResult(name: "quick", isOK: true, detail: "there"),
            ])
    }

    @Test("a question that hangs holds up a few who ask, and no more")
    func hung() async {
        let readiness = Readiness()
        let (answers, give) = AsyncStream.makeStream(of: Void.self)
        let asked = Mutex(0)
        readiness.add("hung", within: .seconds(3_600)) {
            asked.withLock { $0 += 1 }
            // Waits in a task of its own, which no cancellation reaches.
            await Task { for await _ in answers {} }.value
            return "at last"
        }
        await withTaskGroup { group in
            for _ in 0..<ServiceLimits.readinessQuestionsMax {
                group.addTask { await readiness.report() }
            }
            while asked.withLock({ $0 }) < ServiceLimits.readinessQuestionsMax { await Task.yield() }
            let report = await readiness.report()
            #expect(report.checks.map(\.detail) == ["earlier questions have no answer yet"])
            give.finish()
            for await report in group { #expect(report.checks.map(\.detail) == ["at last"]) }
        }
        #expect(await readiness.report().isReady)
    }

    @Test("a service that stops is not ready")
    func stopping() async {
        let readiness = Readiness()
        readiness.add("database") { "there" }
        readiness.stop()
        let report = await readiness.report()
        #expect(!report.isReady)
        #expect(report.checks.map(\.name) == ["running", "database"])
    }
}

@Suite("The health server", .timeLimit(.minutes(1)))
struct HealthServerTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func answer(_ path: String, _ method: HTTPMethod = .GET, port: Int) async throws -> (
        Int, String, HTTPHeaders
    ) {
        var client = HTTPClient()
        let response = try await client.sendHTTPRequest(
            HTTPRequest(
                method: method, version: .http11, path: path, query: [], headers: [:],
                body: HTTPBodySequence(data: Data())),
            to: sockaddr_in.inet(ip4: "127.0.0.1", port: UInt16(port)))
        return (
            response.statusCode.code, String(decoding: try await response.bodyData, as: UTF8.self), response.headers
        )
    }

    /// Runs the server in a group of its own, and stops it by graceful shutdown.
    private func withServer(_ server: HealthServer, _ body: (Int) async throws -> Void) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [server], logger: HealthServerTests.logger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(try await server.listeningPort())
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func server(
        _ readiness: Readiness = Readiness(), _ metrics: MetricsRegistry = MetricsRegistry(), port: Int = 0
    )
        -> HealthServer
    {
        HealthServer(
            address: .loopback(port: port), portSetting: "SHOP_HTTP_PORT", readiness: readiness, metrics: metrics,
            logger: HealthServerTests.logger)
    }

    @Test("three paths are answered, and nothing else is there")
    func paths() async throws {
        let readiness = Readiness()
        let metrics = MetricsRegistry()
        metrics.makeCounter(label: "shop.sold", dimensions: []).increment(by: 3)
        try await withServer(server(readiness, metrics)) { port in
            #expect(try await answer("/health/live", port: port).0 == 200)
            #expect(try await answer("/health/ready", port: port).1 == #"{"ready":true,"checks":[]}"#)
            readiness.add("broker") { throw NotThere() }
            let (status, body, headers) = try await answer("/health/ready", port: port)
            #expect(status == 503)
            #expect(body.hasPrefix(#"{"ready":false,"#))
            #expect(headers[.contentType] == "application/json")
            let shown = try await answer("/metrics", port: port)
            #expect(shown.0 == 200)
            #expect(shown.2[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(shown.1.contains("\nshop_sold_total 3\n"))
            #expect(shown.1.contains("\nprocess_resident_memory_bytes "))
            for path in ["/", "/health", "/metrics/x", "/health/live/x", "/../etc/passwd"] {
                #expect(try await answer(path, port: port).0 == 404, "\(path)")
            }
            let refused = try await answer("/metrics", .POST, port: port)
            #expect(refused.0 == 405)
            #expect(refused.2[HTTPHeader("Allow")] == "GET")
        }
    }

    @Test("rubbish and half requests do not bring it down")
    func rubbish() async throws {
        try await withServer(server()) { port in
            let inputs = [
                "\r\n\r\n", "GET\r\n\r\n", "GET /metrics HTTP/1.1\r\nContent-Length: x\r\n\r\n", "\u{0}\u{1}", "",
            ]
            for input in inputs {
                let socket = try await AsyncSocket.connected(
                    to: sockaddr_in.inet(ip4: "127.0.0.1", port: UInt16(port)))
                try await socket.write(Data(input.utf8))
                try socket.close()
            }
            #expect(try await answer("/health/live", port: port).0 == 200)
        }
    }

    @Test("a port that is taken is an error that names the variable")
    func portTaken() async throws {
        try await withServer(server()) { port in
            let second = server(port: port)
            let error = await #expect(throws: HealthServerError.self) { try await second.run() }
            #expect(
                error.map { "\($0)" } == "Port \(port) on 127.0.0.1 is taken by another program: "
                    + "set SHOP_HTTP_PORT to a free port.")
        }
    }

    @Test("an address of another machine is an error that says so")
    func foreignAddress() async throws {
        let address = try #require(ListenAddress(host: "192.0.2.1", port: 8_081))
        let server = HealthServer(
            address: address, portSetting: "SHOP_HTTP_PORT", readiness: Readiness(), metrics: MetricsRegistry(),
            logger: HealthServerTests.logger)
        let error = await #expect(throws: HealthServerError.self) { try await server.run() }
        #expect(
            error?.description.hasPrefix("Cannot listen on 192.0.2.1:8081 (SHOP_HTTP_PORT sets the port): ") == true)
    }

    @Test("addresses are digits of IPv4 or IPv6")
    func addresses() {
        #expect(ListenAddress(host: "0.0.0.0", port: 1).map { "\($0)" } == "0.0.0.0:1")
        #expect(ListenAddress(host: "::1", port: 1).map { "\($0)" } == "[::1]:1")
        #expect(ListenAddress(host: "localhost", port: 1) == nil)
        #expect(ListenAddress(host: "", port: 1) == nil)
        #expect(ListenAddress(host: "127.0.0.1", port: 65_536) == nil)
        #expect(ListenAddress(host: "127.0.0.1", port: -1) == nil)
    }
}
