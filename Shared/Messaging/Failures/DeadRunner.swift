import AMQP
import Contracts
import FoundationEssentials
import Logging

/// Files what the broker gave up on: it arrives in the service's queue of dead letters and goes on as a failure, so that
/// operators have one place to look.
struct DeadRunner: Sendable {
    let consumer: any MessageConsuming
    let transactions: InboxTransactions
    let limits: MessagingLimits
    let logger: Logger
    let waitForDatabase: @Sendable () async -> Void

    /// Runs until the consumer is cancelled.
    func run() async {
        while let deliveries = try? await consumer.next(max: 64) {
            let reader = EnvelopeReader(limits: limits)
            for delivery in deliveries {
                let defective = describe(delivery, reader.envelope(of: delivery))
                do {
                    _ = try await transactions.file([defective])
                    await consumer.acknowledge([delivery.tag])
                } catch {
                    logger.warning("a dead letter cannot be filed", metadata: ["error": "\(error)"])
                    await consumer.handBack([delivery.tag])
                    await waitForDatabase()
                }
            }
        }
    }

    private func describe(_ delivery: Delivery, _ envelope: Envelope) -> Defective {
        let (reason, queue) = DeadRunner.death(delivery.properties.headers)
        return Defective(
            envelope: envelope, body: delivery.body, key: nil,
            content: InboxKey.content(type: envelope.type, body: delivery.body),
            problem: Problem("dead-lettered", "The broker gave the message up in \(queue): \(reason)."),
            isFiled: !(reason == "expired" && envelope.replyTo != nil))
    }

    /// Why and where, from the newest entry of `x-death`; the broker wrote it, but a sender can write one, too.
    static func death(_ headers: [String: HeaderValue]) -> (reason: String, queue: String) {
        guard case .array(let deaths)? = headers["x-death"], case .table(let latest)? = deaths.first else {
            return ("unknown", "an unknown queue")
        }
        func word(_ name: String) -> String? {
            guard case .string(let text)? = latest[name], text.utf8.count <= 64 else { return nil }
            return text.filter { $0.isLetter || $0.isNumber || "._-".contains($0) }
        }
        return (word("reason") ?? "unknown", word("queue") ?? "an unknown queue")
    }
}
