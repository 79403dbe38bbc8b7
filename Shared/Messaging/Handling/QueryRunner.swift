import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres
import Synchronization
import Tracing

/// Answers what arrives in a queue of queries: several at once, without inbox and outbox.
struct QueryRunner: Sendable {
    let source: ServiceName
    let consumer: any MessageConsuming
    let routes: [String: any QueryRoute]
    let database: Pool
    /// Where answers leave; and files what is no query, so that nothing vanishes.
    let transactions: InboxTransactions
    let meters: QueueMeters
    /// Absent where nobody collects spans.
    let tracer: MessageTracer?
    let limits: MessagingLimits
    let logger: Logger

    /// Runs until the consumer is cancelled.
    func run() async {
        let replies = transactions.outlet.replies
        await withDiscardingTaskGroup { group in
            let room = Room(limits.queriesAtOnce)
            while let deliveries = try? await consumer.next(max: limits.queriesAtOnce) {
                meters.taken(deliveries)
                for delivery in deliveries {
                    await replies.waitForRoom()
                    await room.enter()
                    group.addTask {
                        await self.answer(delivery)
                        room.leave()
                    }
                }
            }
        }
    }

    private func answer(_ delivery: Delivery) async {
        let start = ContinuousClock.now
        var envelope = EnvelopeReader(limits: limits).envelope(of: delivery)
        let step = tracer?.process(&envelope, from: meters.queue, bytes: delivery.body.count)
        meters.takenUp(oldest: envelope.time, at: Date())
        // A query has no effect that an id could keep from happening twice.
        var needed = envelope
        if needed.defect?.code == "no-id" { needed.defect = nil }
        let objection = needed.objection(routedBy: delivery.routingKey)
        guard let route = routes[envelope.type], objection == nil else {
            let unknown = Problem("unknown-type", "This queue has no handler for the type of the message.")
            await file(delivery, envelope, objection ?? unknown)
            step?.end(failing: (objection ?? unknown).code)
            return meters.filed(1)
        }
        let (answer, problem) = await answer(delivery.body, envelope, route, within: step?.span.context)
        if let message = answer?.message(to: envelope, source: source, at: Date()) {
            await transactions.outlet.replies.take([message])
        }
        await consumer.acknowledge([delivery.tag])
        step?.end(failing: problem)
        meters.handled(1, of: route.type.description, since: start)
    }

    private func answer(
        _ body: [UInt8], _ envelope: Envelope, _ route: any QueryRoute, within context: ServiceContext?
    ) async -> (Answer?, problem: String?) {
        guard let context else { return await answer(body, envelope, route) }
        return await ServiceContext.withValue(context) { await answer(body, envelope, route) }
    }

    /// The reply, or the problem with its code; nothing where nobody waits any more.
    private func answer(
        _ body: [UInt8], _ envelope: Envelope, _ route: any QueryRoute
    ) async -> (Answer?, problem: String?) {
        if envelope.isLate(at: Date()) {
            Meters.expired.increment()
            return (nil, Problem.deadlineExceeded.code)
        }
        guard envelope.wantsAnswer else { return (nil, nil) }
        let problem: Problem
        do {
            let coder = BodyCoder(limits: limits)
            let query = try route.read(body, mode: envelope.mode, with: coder)
            let speaker = try await speaker(envelope.user, route)
            guard route.allows(query, from: speaker) else { throw Problem.notAllowed }
            let answer = try await route.answer(query, from: envelope.user, reading: database, with: coder)
            if answer.body.count <= limits.bodyBytesMax { return (answer, nil) }
            problem = Problem("answer-too-large", "The answer does not fit into a message: ask for less.")
        } catch let refusal as Problem {
            problem = refusal
        } catch let error as ContractBroken {
            problem = Problem("contract-broken", "The query breaks its contract.", detail: error.reason)
        } catch {
            logger.error("a query failed", metadata: envelope.logFields.adding(["error": "\(error)"]))
            problem = Problem("unavailable", "The service cannot answer now.", retryable: true)
        }
        return (.problem(problem, to: envelope.type, BodyCoder(limits: limits)), problem.code)
    }

    /// Who asks; what is public costs no look at the grants.
    private func speaker(_ user: String?, _ route: any QueryRoute) async throws -> Speaker {
        let grants =
            if let user, route.asksForGrants {
                try await database.execute(transactions.readGrants(of: [user]))
            } else {
                [] as [Grant]
            }
        return transactions.access.speaker(user, holding: grants, at: Date())
    }

    private func file(_ delivery: Delivery, _ envelope: Envelope, _ problem: Problem) async {
        let defective = Defective(
            envelope: envelope, body: delivery.body, key: envelope.id.isEmpty ? nil : InboxKey(envelope),
            content: InboxKey.content(type: envelope.type, body: delivery.body), problem: problem)
        do {
            try await transactions.file([defective])
            await consumer.acknowledge([delivery.tag])
        } catch {
            await Pause.sleep(limits.databasePause)
            await consumer.handBack([delivery.tag])
        }
    }
}

/// Lets so many in at once.
private final class Room: Sendable {
    private let places: Mutex<Int>
    private let changed = Wakeup()

    init(_ places: Int) {
        self.places = Mutex(places)
    }

    func enter() async {
        while true {
            let seen = changed.count
            let isIn = places.withLock { places in
                guard places > 0 else { return false }
                places -= 1
                return true
            }
            if isIn || Task.isCancelled { return }
            await changed.wait(beyond: seen)
        }
    }

    func leave() {
        places.withLock { $0 += 1 }
        changed.signal()
    }
}
