import AMQP
import Contracts
import FoundationEssentials
import Logging
import PlainHTTP
import Postgres
import Synchronization
import TestKit
import Testing
import Tracing

@testable import Messaging
@testable import OTLP

/// A trace goes through everything that a message brings about.
@Suite(.timeLimit(.minutes(2))) struct TraceTests {
    private static let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

    /// Keeps the spans that end; nobody collects them.
    private final class Spans: Sendable {
        let exporter: OTLPExporter
        private let seen = Mutex<[FinishedSpan]>([])

        init() throws {
            exporter = OTLPExporter(
                to: try #require(PlainAddress(url: "http://127.0.0.1:9/")), resource: [],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        var all: [FinishedSpan] {
            seen.withLock { seen in
                seen += exporter.buffer.take().spans
                return seen
            }
        }

        func first(_ name: String) -> FinishedSpan? { all.first { $0.name == name } }

        /// The span of that name, as soon as it has ended.
        func ended(_ name: String) async throws -> FinishedSpan {
            try await eventually(within: .seconds(20), "the span \(name)") { self.first(name) != nil }
            return try #require(first(name))
        }
    }

    /// Runs a service whose spans are kept.
    private func traced(
        ratio: Double = 1, _ limits: MessagingLimits = .quick,
        _ body: @Sendable @escaping (TestService, TestClient, Spans) async throws -> Void
    ) async throws {
        let spans = try Spans()
        try await withServiceAndClient { service, client in
            try await withTracer(OTLPTracer(exporter: spans.exporter, ratio: ratio)) {
                try await service.running(limits) { try await body(service, client, spans) }
            }
        }
    }

    private func trace(_ event: Delivery) -> TraceParent? {
        guard case .string(let text)? = event.properties.headers["traceparent"] else { return nil }
        return TraceParent(text)
    }

    @Test func aCommandItsTransactionAndItsEventAreOneTrace() async throws {
        try await traced { service, client, spans in
            let command = issue()
            try await client.send([command]) { $0.headers["traceparent"] = .string(Self.sampled) }
            try await eventually("the event is heard") { try client.issued().contains(command.issueId) }
            let parent = try #require(TraceParent(Self.sampled))
            let process = try await spans.ended("process vouchers.issue.v1")
            let publish = try await spans.ended("publish vouchers.issued.v1")
            #expect(process.traceID == parent.traceID && process.parentSpanID == parent.spanID && process.error == nil)
            #expect(publish.traceID == parent.traceID && publish.parentSpanID == process.spanID && publish.error == nil)
            #expect(process.kind == .consumer && publish.kind == .producer)
            #expect(publish.start <= publish.end && process.start < process.end)
            let heard = try #require(client.events().first.flatMap(trace))
            #expect(heard.traceID == parent.traceID && heard.spanID == publish.spanID && heard.isSampled)
            let attributes = Dictionary(uniqueKeysWithValues: process.attributes.map { ($0.key, $0.value) })
            #expect(attributes["messaging.destination.name"] == .text("vouchers.commands"))
            #expect(attributes["messaging.message.id"] == .text(command.issueId.uuidString.lowercased()))
            #expect(attributes["messaging.system"] == .text("rabbitmq"))
        }
    }

    @Test func aBatchIsOneSpanToWhichItsMessagesAreTied() async throws {
        let spans = try Spans()
        try await withServiceAndClient { service, client in
            try await client.send(issues(40)) { $0.headers["traceparent"] = .string(Self.sampled) }
            try await withTracer(OTLPTracer(exporter: spans.exporter, ratio: 1)) {
                try await service.running { try await service.waitForEffects(40) }
            }
        }
        let batches = spans.all.filter { $0.name == "batch vouchers.commands" }
        let messages = spans.all.filter { $0.name == "process vouchers.issue.v1" }
        #expect(messages.count == 40 && !batches.isEmpty)
        let ids = Set(batches.map(\.spanID))
        let inBatches = messages.filter { !$0.links.isEmpty }
        #expect(inBatches.allSatisfy { $0.links.count == 1 && ids.contains($0.links[0].spanID) })
        #expect(inBatches.count >= 2)
    }

    @Test func theFlagOfTheSenderIsHonoured() async throws {
        try await traced { service, client, spans in
            let command = issue()
            try await client.send([command]) { $0.headers["traceparent"] = .string(Self.unsampled) }
            try await eventually("the event is heard") { try client.issued().contains(command.issueId) }
            let heard = try #require(client.events().first.flatMap(trace))
            #expect("\(heard)" == Self.unsampled, "passed on as it came")
            #expect(!spans.all.contains { $0.name.contains("issue") })
        }
    }

    @Test func aMessageWithoutATraceBeginsOne() async throws {
        try await traced { service, client, spans in
            let command = issue()
            try await client.send([command])
            try await eventually("the event is heard") { try client.issued().contains(command.issueId) }
            let process = try await spans.ended("process vouchers.issue.v1")
            #expect(process.parentSpanID == nil)
            #expect(client.events().first.flatMap(trace)?.traceID == process.traceID)
        }
    }

    @Test func whatIsNotToBeSeenSaysSo() async throws {
        try await traced(ratio: 0) { service, client, spans in
            let command = issue()
            try await client.send([command])
            try await eventually("the event is heard") { try client.issued().contains(command.issueId) }
            #expect(client.events().first.flatMap(trace)?.isSampled == false)
            #expect(spans.all.isEmpty)
        }
    }

    @Test func withoutATracerTheHeaderIsPassedOn() async throws {
        try await withServiceAndClient { service, client in
            let command = issue()
            try await client.send([command]) { $0.headers["traceparent"] = .string(Self.sampled) }
            try await service.running {
                try await eventually("the event is heard") { try client.issued().contains(command.issueId) }
            }
            #expect(client.events().first.flatMap(trace).map { "\($0)" } == Self.sampled)
        }
    }

    @Test func aParkedMessageStaysInItsTrace() async throws {
        var limits = MessagingLimits.quick
        limits.retryDelays = Array(repeating: .milliseconds(50), count: 50)
        try await traced(limits) { service, client, spans in
            service.switches.isBroken = true
            let command = issue(Amount.broken)
            try await client.send([command]) { $0.headers["traceparent"] = .string(Self.sampled) }
            _ = try await service.waitForFailure("handler-failed", .parked)
            let first = try await spans.ended("process vouchers.issue.v1")
            let retry = try await spans.ended("retry vouchers.issue.v1")
            #expect(first.error == "handler-failed" && retry.error == "handler-failed")
            #expect(retry.traceID == first.traceID && retry.parentSpanID == first.spanID)
            service.switches.isBroken = false
            try await eventually("its event is heard") { try client.issued().contains(command.issueId) }
            let heard = try #require(client.events().first.flatMap(trace))
            #expect(heard.traceID == first.traceID)
            let mended = try #require(spans.all.last { $0.name == "retry vouchers.issue.v1" && $0.error == nil })
            let publish = try await spans.ended("publish vouchers.issued.v1")
            #expect(publish.parentSpanID == mended.spanID && heard.spanID == publish.spanID)
        }
    }

    @Test func whatIsScheduledStaysInItsTrace() async throws {
        try await traced { service, client, spans in
            service.switches.delay = .milliseconds(100)
            try await client.send([issue(Amount.later)]) { $0.headers["traceparent"] = .string(Self.sampled) }
            let process = try await spans.ended("process vouchers.issue.v1")
            let publish = try await spans.ended("publish vouchers.redeem.v1")
            #expect(publish.traceID == process.traceID && publish.parentSpanID == process.spanID)
            let later = try await spans.ended("process vouchers.redeem.v1")
            #expect(later.traceID == process.traceID && later.parentSpanID == publish.spanID)
        }
    }

    @Test func aQueryIsWithinTheRequestThatAskedIt() async throws {
        let spans = try Spans()
        try await withTracer(OTLPTracer(exporter: spans.exporter, ratio: 1)) {
            try await withServiceAndClient { service, client in
                try await service.running {
                    _ = try await client.requester.call(GetBalance(code: Secret("9C3H-PJJT-F2Z4-B448")))
                }
            }
        }
        let request = try #require(spans.first("request vouchers.get-balance.v1"))
        let process = try #require(spans.first("process vouchers.get-balance.v1"))
        #expect(request.kind == .client && process.traceID == request.traceID && process.parentSpanID == request.spanID)
        #expect(request.error == nil && process.error == nil)
        for span in spans.all {
            #expect(!"\(span)".contains("9C3H"), "a span holds no body")
        }
    }

    @Test func whatCannotBeHandledIsInTheTraceWithItsReason() async throws {
        try await traced { service, client, spans in
            await client.send(
                "{", as: IssueVoucher.type.description,
                Properties(headers: ["traceparent": .string(Self.sampled)], messageID: "broken"))
            _ = try await service.waitForFailure("contract-broken", .failed)
            #expect(try await spans.ended("process vouchers.issue.v1").error == "contract-broken")
        }
    }
}
