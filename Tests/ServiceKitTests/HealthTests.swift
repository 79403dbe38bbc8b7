import CoreMetrics
import HealthHTTP
import Logging
import ServiceLifecycle
import Synchronization
import TestKit
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

    private func server(
        _ readiness: Readiness = Readiness(), _ metrics: MetricsRegistry = MetricsRegistry(),
        at address: ListenAddress = .loopback(port: 0), listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> HealthServer {
        HealthServer(
            address: address, portSetting: "SHOP_HTTP_PORT", readiness: readiness, metrics: metrics,
            logger: HealthServerTests.logger, listening: listening)
    }

    /// Runs the server in a group of its own, and stops it by graceful shutdown.
    private func withServer(
        _ readiness: Readiness = Readiness(), _ metrics: MetricsRegistry = MetricsRegistry(),
        _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let server = server(readiness, metrics) { listening.yield($0) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [server], logger: HealthServerTests.logger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports.prefix(1) { try await body(port) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("three paths are answered, and nothing else is there")
    func paths() async throws {
        let readiness = Readiness()
        let metrics = MetricsRegistry()
        metrics.makeCounter(label: "shop.sold", dimensions: []).increment(by: 3)
        try await withServer(readiness, metrics) { port in
            #expect(try await HTTPResponse.to("GET", "/health/live", port: port).status == 200)
            let ready = try await HTTPResponse.to("GET", "/health/ready?verbose", port: port)
            #expect(ready.body == #"{"ready":true,"checks":[]}"#)
            readiness.add("broker") { throw NotThere() }
            let unready = try await HTTPResponse.to("GET", "/health/ready", port: port)
            #expect(unready.status == 503)
            #expect(unready.body.hasPrefix(#"{"ready":false,"#))
            #expect(unready.headers["content-type"] == "application/json")
            #expect(unready.headers["cache-control"] == "no-store")
            let shown = try await HTTPResponse.to("GET", "/metrics", port: port)
            #expect(shown.status == 200)
            #expect(shown.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(shown.body.contains("\nshop_sold_total 3\n"))
            #expect(shown.body.contains("\nprocess_resident_memory_bytes "))
            for path in ["/", "/health", "/metrics/x", "/health/live/x", "/../etc/passwd"] {
                #expect(try await HTTPResponse.to("GET", path, port: port).status == 404, "\(path)")
            }
            for method in ["POST", "HEAD", "DELETE", "BREW"] {
                let refused = try await HTTPResponse.to(method, "/metrics", port: port)
                #expect(refused.status == 405)
                #expect(refused.headers["allow"] == "GET")
            }
        }
    }

    @Test("a port that is taken is an error that names the variable")
    func portTaken() async throws {
        try await withServer { port in
            let second = server(at: .loopback(port: port))
            let error = await #expect(throws: HealthServerError.self) { try await second.run() }
            #expect(
                error.map { "\($0)" } == "Port \(port) on 127.0.0.1 is taken by another program: "
                    + "set SHOP_HTTP_PORT to a free port.")
        }
    }

    @Test("an address of another machine is an error that says so")
    func foreignAddress() async throws {
        let address = try #require(ListenAddress(host: "192.0.2.1", port: 8_081))
        let error = await #expect(throws: HealthServerError.self) { try await server(at: address).run() }
        #expect(
            error?.description.hasPrefix("Cannot listen on 192.0.2.1:8081 (SHOP_HTTP_PORT sets the port): ") == true)
    }
}
