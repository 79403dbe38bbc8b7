import Contracts
import FoundationEssentials
import Glibc
import Logging
import PlainHTTP
import ServiceLifecycle
import Synchronization
import TestKit
import Testing
import Tracing

@testable import OTLP

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Counts what became of spans.
private final class Counts: Sendable {
    private let counts = Mutex<[OTLPExporter.Outcome: Int]>([:])

    var count: @Sendable (OTLPExporter.Outcome, Int) -> Void {
        { outcome, count in self.counts.withLock { $0[outcome, default: 0] += count } }
    }

    subscript(_ outcome: OTLPExporter.Outcome) -> Int { counts.withLock { $0[outcome] ?? 0 } }
}

@Suite("Spans, and how they get to a collector", .timeLimit(.minutes(1)))
struct OTLPTests {
    private func exporter(
        port: Int = 9, _ limits: OTLPLimits = OTLPLimits(), counts: Counts = Counts()
    ) throws -> OTLPExporter {
        OTLPExporter(
            to: try #require(PlainAddress(url: "http://127.0.0.1:\(port)/v1/traces")),
            resource: [("service.name", "shop")], limits: limits, logger: quiet, count: counts.count)
    }

    private func instant(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp {
        .init(nanosecondsSinceEpoch: nanoseconds)
    }

    @Test("a request, letter by letter")
    func golden() throws {
        let exporter = try exporter()
        let tracer = OTLPTracer(exporter: exporter, ratio: 1)
        let parent = try #require(TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        var context = ServiceContext.topLevel
        context.traceParent = parent
        let span = tracer.startSpan("process a.b.v1", context: context, ofKind: .consumer, at: instant(1_000))
        span.updateAttributes { $0["messaging.batch.message_count"] = 3 }
        span.addLink(SpanLink(context: context, attributes: [:]))
        span.setStatus(SpanStatus(code: .error, message: "refused"))
        span.end(at: instant(2_500))
        span.end(at: instant(9_999))
        #expect(!span.isRecording)
        let (spans, _) = exporter.buffer.take()
        #expect(spans.count == 1, "a span ends once")
        let id = TraceParent.text(ofSpan: try #require(span.context.traceParent).spanID)
        let text = String(decoding: OTLPRequest(spans, from: [("service.name", .text("shop"))]).json, as: UTF8.self)
        let object = try JSONDecoder().decode(JSONObject.self, from: Data(text.utf8))
        let expected = try JSONDecoder().decode(
            JSONObject.self,
            from: Data(
                """
                {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
                "scopeSpans":[{"scope":{"name":"citycoop","version":"\(Release.current)"},"spans":[{
                "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"\(id)","parentSpanId":"b7ad6b7169203331","flags":1,
                "name":"process a.b.v1","kind":5,"startTimeUnixNano":"1000","endTimeUnixNano":"2500",
                "attributes":[{"key":"messaging.batch.message_count","value":{"intValue":"3"}}],
                "links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}],"events":[],
                "status":{"code":2,"message":"refused"}}]}]}]}
                """.utf8))
        #expect(object == expected, "\(text)")
    }

    @Test("the flag of the sender is honoured, and so is the ratio")
    func sampling() throws {
        let exporter = try exporter()
        let (all, none) = (OTLPTracer(exporter: exporter, ratio: 1), OTLPTracer(exporter: exporter, ratio: 0))
        #expect(all.startSpan("a", context: .topLevel).isRecording)
        let unseen = none.startSpan("a", context: .topLevel)
        #expect(!unseen.isRecording && unseen.context.traceParent?.isSampled == false)
        unseen.attributes["x"] = "y"
        #expect(unseen.attributes.isEmpty)
        for isSampled in [true, false] {
            var context = ServiceContext.topLevel
            context.traceParent = TraceParent(
                traceID: try #require(.init(high: 1, low: 2)), spanID: 3, isSampled: isSampled)
            for tracer in [all, none] {
                let span = tracer.startSpan("a", context: context)
                #expect(span.isRecording == isSampled)
                let own = try #require(span.context.traceParent)
                #expect(own.traceID == context.traceParent?.traceID && own.spanID != 3 && own.isSampled == isSampled)
            }
        }
        let some = OTLPTracer(exporter: exporter, ratio: 0.25)
        let seen = (0..<4_000).count { _ in some.startSpan("a", context: .topLevel).isRecording }
        #expect((800...1_200).contains(seen), "\(seen) of 4000")
    }

    @Test("what is too much is left out, and counted")
    func bounds() throws {
        var limits = OTLPLimits()
        (limits.spansMax, limits.batchMax, limits.attributesMax, limits.linksMax, limits.textMax) = (10, 4, 3, 2, 5)
        let exporter = try exporter(limits)
        let tracer = OTLPTracer(exporter: exporter, ratio: 1)
        for _ in 0..<25 {
            let span = tracer.startSpan("a", context: .topLevel)
            for number in 0..<9 { span.attributes["attribute \(number)"] = String(repeating: "ž", count: 1_000) }
            for _ in 0..<9 { span.addLink(SpanLink(context: span.context, attributes: [:])) }
            span.end()
        }
        let first = exporter.buffer.take()
        #expect(first.spans.count == 4 && first.dropped == 15)
        let span = try #require(first.spans.first)
        #expect(span.attributes.count == 3 && span.droppedAttributes == 6 && span.links.count == 2)
        #expect(span.attributes.allSatisfy { $0.value == .text("žžžžž") })
        #expect(exporter.buffer.take().spans.count == 4 && exporter.buffer.take().spans.count == 2)
        #expect(exporter.buffer.isEmpty)
    }

    @Test("errors are told by their type: what they say may quote what was handled")
    func errors() throws {
        struct Talkative: Error { var secret = "9C3H-PJJT-F2Z4-B448" }
        let exporter = try exporter()
        let span = OTLPTracer(exporter: exporter, ratio: 1).startSpan("a", context: .topLevel)
        span.recordError(Talkative())
        span.end()
        #expect(exporter.buffer.take().spans.first?.error == "Talkative")
    }

    @Test("spans reach the collector in batches, the last ones at the end")
    func export() async throws {
        let collector = try Collector()
        defer { collector.stop() }
        let counts = Counts()
        var limits = OTLPLimits()
        (limits.interval, limits.pauseMin) = (.milliseconds(20), .milliseconds(1))
        let exporter = try exporter(port: collector.port, limits, counts: counts)
        let tracer = OTLPTracer(exporter: exporter, ratio: 1)
        let group = ServiceGroup(services: [exporter], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tracer.startSpan("first", context: .topLevel).end()
            try await eventually("the first span is there") { counts[.exported] == 1 }
            for _ in 0..<1_000 { tracer.startSpan("more", context: .topLevel).end() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(counts[.exported] == 1_001 && counts[.failed] == 0 && counts[.dropped] == 0)
        let request = try #require(collector.requests.first)
        #expect(request.hasPrefix("POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:\(collector.port)\r\n"), "\(request)")
        #expect(request.contains("Content-Type: application/json\r\n") && request.contains(#""name":"first""#))
        #expect(collector.requests.count >= 3)
    }

    @Test("a collector that refuses, or is not there, costs its spans and holds nobody up")
    func failures() async throws {
        let collector = try Collector()
        let counts = Counts()
        var limits = OTLPLimits()
        (limits.interval, limits.pauseMin) = (.milliseconds(10), .milliseconds(1))
        (limits.failurePauseMin, limits.failurePauseMax) = (.milliseconds(5), .milliseconds(10))
        let exporter = try exporter(port: collector.port, limits, counts: counts)
        let tracer = OTLPTracer(exporter: exporter, ratio: 1)
        collector.status = 503
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await exporter.run() }
            tracer.startSpan("refused", context: .topLevel).end()
            try? await eventually("it was refused") { counts[.failed] == 1 }
            collector.status = 200
            tracer.startSpan("taken", context: .topLevel).end()
            try? await eventually("the next one is taken") { counts[.exported] == 1 }
            collector.stop()
            tracer.startSpan("lost", context: .topLevel).end()
            try? await eventually("nobody is there") { counts[.failed] == 2 }
            tasks.cancelAll()
        }
        #expect(counts[.failed] == 2 && counts[.exported] == 1)
    }

    @Test("a server that says nothing is given up in time")
    func silence() async throws {
        let (listener, port) = try Loopback.listening()
        defer { close(listener) }
        let address = try #require(PlainAddress(url: "http://127.0.0.1:\(port)/"))
        let client = PlainHTTP(address, timeout: .milliseconds(50))
        let start = ContinuousClock.now
        let error = await #expect(throws: PlainHTTPError.self) { try await client.post([1], type: "text/plain") }
        #expect(error?.description == "no answer in time" && ContinuousClock.now - start < .seconds(20))
    }

    @Test(
        "what is no place of a collector is refused",
        arguments: [
            "", "collector:4318", "https://collector:4318/", "http://", "http://:80/", "http://user:password@host/",
            "http://host:0/",
            "http://host:65536/", "http://host:x/", "http://ho st/", "http://host/a b", "http://host/\r\nX: y",
            "http://[::1/", "http://host/#a",
        ])
    func noPlaces(_ url: String) {
        #expect(PlainAddress(url: url) == nil)
    }

    @Test("places of collectors are read")
    func places() throws {
        let address = try #require(PlainAddress(url: "http://collector:4318/v1/traces?x=1"))
        #expect(address.host == "collector" && address.port == 4_318 && address.path == "/v1/traces?x=1")
        let other = try #require(PlainAddress(url: "http://[::1]:80"))
        #expect(other.host == "::1" && other.path == "/" && "\(other)" == "http://[::1]:80/")
        #expect(PlainAddress(url: "http://host")?.port == 80)
    }
}

/// Any JSON, to be compared.
private indirect enum JSONObject: Decodable, Equatable {
    case object([String: JSONObject])
    case array([JSONObject])
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let object = try? container.decode([String: JSONObject].self) {
            self = .object(object)
        } else if let array = try? container.decode([JSONObject].self) {
            self = .array(array)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }
}
