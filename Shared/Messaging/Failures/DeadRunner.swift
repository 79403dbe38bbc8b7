import AMQP
import Contracts
import FoundationEssentials
import Logging

/// Files what the broker gave up on: it arrives in the service's queue of dead letters and goes on as a failure, so that
/// operators have one place to look.
struct DeadRunner: Sendable {
    /// What the broker says about a death.
    struct Death: Equatable {
        var reason = "unknown"
        /// The queue of the service in which it happened.
        var queue = QueueName.dead
        /// By which the message was sent at first.
        var routingKey = ""
    }

    let consumer: any MessageConsuming
    let service: ServiceName
    let transactions: @Sendable (_ queue: String) -> InboxTransactions
    let limits: MessagingLimits
    let logger: Logger
    let waitForDatabase: @Sendable () async -> Void

    /// Runs until the consumer is cancelled.
    func run() async {
        while let deliveries = try? await consumer.next(max: limits.deadPrefetch) {
            let reader = EnvelopeReader(limits: limits)
            for delivery in deliveries {
                let death = Death(delivery.properties.headers, at: service)
                let envelope = reader.envelope(of: delivery)
                let defective = describe(delivery, envelope, death)
                do {
                    try await transactions(death.queue.rawValue).file([defective])
                    await consumer.acknowledge([delivery.tag])
                } catch {
                    logger.warning(
                        "a dead letter cannot be filed", metadata: envelope.logFields.adding(["error": "\(error)"]))
                    await consumer.handBack([delivery.tag])
                    await waitForDatabase()
                }
            }
        }
    }

    /// Filed without a key: whether the message had been handled when it died, its inbox row tells if it is tried again.
    private func describe(_ delivery: Delivery, _ envelope: Envelope, _ death: Death) -> Defective {
        var envelope = envelope
        if let objection = envelope.objection(routedBy: death.routingKey) {
            envelope.defect = envelope.defect ?? .init(code: objection.code, reason: objection.title)
        }
        let isCommand = [.commands, .bulk, .dead].contains(death.queue)
        return Defective(
            envelope: envelope, body: delivery.body, key: nil,
            content: InboxKey.content(type: envelope.type, body: delivery.body),
            problem: Problem("dead-lettered", "The broker gave the message up in \(death.queue): \(death.reason)."),
            isFiled: death.reason != "expired" || (isCommand && !envelope.wantsAnswer))
    }
}

extension DeadRunner.Death {
    /// Reads the newest entry of `x-death`; the broker writes it in front of what a sender may have written.
    init(_ headers: [String: HeaderValue], at service: ServiceName) {
        self.init()
        guard case .array(let deaths)? = headers["x-death"], case .table(let latest)? = deaths.first else { return }
        if case .string(let word)? = latest["reason"], word.utf8.count <= 64 {
            reason = word.filter { $0.isLetter || $0 == "_" || $0 == "-" }
        }
        if case .string(let name)? = latest["queue"] {
            queue = QueueName.allCases.first { Topology.Names.queue(service, $0) == name } ?? .dead
        }
        if case .array(let keys)? = latest["routing-keys"], case .string(let key)? = keys.first { routingKey = key }
    }
}
