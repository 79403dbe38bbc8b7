import FoundationEssentials
public import Logging
public import PlainHTTP
public import ServiceLifecycle

/// Posts finished spans to a collector, as OTLP over HTTP in JSON.
///
/// It never holds anybody up: spans that find no room are dropped, a collector that does not answer costs the spans of its
/// request, and both are counted. What is left at the end is posted once more, within the time-out of one request.
public final class OTLPExporter: Service {
    /// What became of spans.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The collector has taken them.
        case exported
        /// They found no room: there are more than the collector, or the exporter's bounds, allow.
        case dropped
        /// The collector did not take them.
        case failed
    }

    let buffer: SpanBuffer
    let limits: OTLPLimits
    private let resource: [(key: String, value: OTLPValue)]
    private let client: PlainHTTP
    private let address: PlainAddress
    private let logger: Logger
    private let count: @Sendable (Outcome, Int) -> Void

    /// Prepares an exporter; nothing is posted before ``run()``.
    ///
    /// - Parameters:
    ///   - resource: What all spans are of: `service.name` and its like.
    ///   - count: Told what became of so many spans.
    public init(
        to address: PlainAddress, resource: [(key: String, value: String)], limits: OTLPLimits = OTLPLimits(),
        logger: Logger, count: @escaping @Sendable (Outcome, Int) -> Void = { _, _ in }
    ) {
        self.address = address
        self.resource = resource.map { ($0.key, .text($0.value)) }
        self.limits = limits
        self.logger = logger
        self.count = count
        buffer = SpanBuffer(limits: limits)
        client = PlainHTTP(address, timeout: limits.timeout)
    }

    /// Posts until graceful shutdown or cancellation.
    public func run() async {
        await cancelWhenGracefulShutdown {
            var failures = 0
            while !Task.isCancelled {
                await self.rest(after: failures)
                failures = await self.postBatch() ? 0 : failures + 1
            }
        }
        // Whoever makes spans has stopped by now.
        while !buffer.isEmpty, await postBatch() {}
    }

    /// Waits for enough spans, or long enough; after failures longer.
    private func rest(after failures: Int) async {
        if failures > 0 {
            let pause = min(limits.failurePauseMin * (1 << min(failures - 1, 10)), limits.failurePauseMax)
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
            return
        }
        try? await Task.sleep(for: limits.pauseMin)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.buffer.waitForBatch() }
            group.addTask { try? await Task.sleep(for: self.limits.interval) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Posts what waits, as much as one request takes; `false` if the collector did not take it.
    private func postBatch() async -> Bool {
        let (spans, dropped) = buffer.take()
        if dropped > 0 { count(.dropped, dropped) }
        guard !spans.isEmpty else { return true }
        let reason: String
        do {
            let status = try await client.post(
                OTLPRequest(spans, from: resource).json, type: "application/json")
            if (200..<300).contains(status) {
                count(.exported, spans.count)
                return true
            }
            reason = "HTTP \(status)"
        } catch {
            reason = error.description
        }
        count(.failed, spans.count)
        logger.warning(
            "spans were not taken",
            metadata: ["collector": "\(address)", "count": "\(spans.count)", "error": "\(reason)"])
        return false
    }
}
