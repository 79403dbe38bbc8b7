import AMQP
import Contracts
import Foundation
import TestKit

/// Tills at work: sends purchases with confirms, repeats some, asks for answers to some, and keeps a record of it all.
actor Till {
    /// What the broker did with a message that it should have taken.
    struct NotTaken: Error, CustomStringConvertible {
        let description: String
    }

    /// One message to send: a purchase and which of its ids.
    private struct Sending {
        let purchase: Int
        let messageId: String
    }

    private let publisher: Publisher
    private let replies: Consumer
    private var purchases: Purchases
    private var generator: SeededGenerator

    /// The vouchers that are spent here, and nowhere else.
    let cards: [Card]
    /// Everything that was ever wanted.
    private(set) var record: [Purchase] = []
    /// How often the broker has confirmed each message id.
    private(set) var confirms: [String: Int] = [:]
    /// Every answer that came, by the id of the message it answers.
    private(set) var answers: [String: [TillAnswer]] = [:]
    /// Publishes whose confirm never came, and that were made again.
    private(set) var repeatedAfterLoss = 0
    private(set) var refusal: NotTaken?
    /// Sent and not confirmed yet, or lost and to be sent again.
    private var open = 0
    private var replyQueue = "reply.nobody"

    init(_ system: System, shop: Shop, seed: UInt64) {
        publisher = Publisher(name: "till out", address: system.broker)
        replies = Consumer(
            name: "till in", source: .exclusive(prefix: Topology.Names.replyPrefix), prefetch: 1_000,
            address: system.broker)
        cards = shop.cards
        purchases = Purchases(shop: shop, generator: SeededGenerator(seed: seed))
        generator = SeededGenerator(seed: seed &+ 1)
    }

    /// Runs the connections and takes answers until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.publisher.run() }
            group.addTask { await self.replies.run() }
            group.addTask { await self.takeAnswers() }
        }
    }

    /// Ends ``run()``.
    func close() async {
        await replies.cancel()
        await replies.close()
        await publisher.close()
    }

    private func takeAnswers() async {
        while let deliveries = try? await replies.next(max: 256) {
            for delivery in deliveries {
                answers[delivery.properties.correlationID ?? "", default: []].append(TillAnswer(delivery))
            }
        }
    }

    // MARK: Selling

    /// Sends bursts of purchases, `perSecond` in the mean, until the task is cancelled; then waits for every confirm.
    func sell(perSecond: Int) async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let size = Int.random(in: 1...max(1, perSecond), using: &generator)
                // While the broker is away the line must not grow without end.
                if open < 20 * perSecond {
                    let burst = makeBurst(size)
                    open += burst.count
                    // Cancelling the sale must not cut off what waits for its confirm.
                    let sending = Task { await self.send(burst) }
                    group.addTask { await sending.value }
                }
                try? await Task.sleep(for: .milliseconds(size * 1_000 / perSecond))
            }
        }
        if let refusal { throw refusal }
    }

    /// New purchases; one message in ten is sent twice under its id, one purchase in twenty again under a new id.
    private func makeBurst(_ size: Int) -> [Sending] {
        var burst: [Sending] = []
        for _ in 0..<size {
            guard let purchase = try? purchases.next() else { continue }
            record.append(purchase)
            burst.append(Sending(purchase: record.count - 1, messageId: purchase.messageIds[0]))
            let repeats = Int.random(in: 0..<100, using: &generator)
            let earlier = Int.random(in: max(0, record.count - 400)..<record.count, using: &generator)
            if repeats < 10 {
                let id = record[earlier].messageIds.randomElement(using: &generator) ?? purchase.messageIds[0]
                burst.append(Sending(purchase: earlier, messageId: id))
            } else if repeats < 15 {
                burst.append(askAnew(earlier))
            }
        }
        return burst
    }

    private func askAnew(_ purchase: Int) -> Sending {
        let id = generator.uuid().uuidString.lowercased()
        record[purchase].messageIds.append(id)
        return Sending(purchase: purchase, messageId: id)
    }

    /// Sends until every message is confirmed.
    private func send(_ burst: [Sending]) async {
        var rest = burst
        while !rest.isEmpty, refusal == nil {
            let confirmations = await publisher.publish(rest.map(message))
            var again: [Sending] = []
            for (sending, confirmation) in zip(rest, confirmations) {
                switch confirmation {
                case .confirmed: confirms[sending.messageId, default: 0] += 1
                case .lost, .refused: again.append(sending)
                case .returned, .unacceptable:
                    refusal = NotTaken(description: "message \(sending.messageId): \(confirmation)")
                }
            }
            repeatedAfterLoss += again.count
            open -= rest.count - again.count
            rest = again
        }
    }

    private func message(_ sending: Sending) -> OutgoingMessage {
        let purchase = record[sending.purchase]
        // While there is no connection the queue of last time has to do: it is gone, and so is the answer.
        if let name = replies.queueName { replyQueue = name }
        let type = RedeemVoucher.type.description
        return OutgoingMessage(
            exchange: Topology.Names.commands, routingKey: type,
            properties: Properties(
                contentType: "application/json", deliveryMode: 2, correlationID: sending.messageId,
                replyTo: purchase.asks ? replyQueue : nil, messageID: sending.messageId, type: type,
                appID: "till"),
            body: purchase.body)
    }

    // MARK: Afterwards

    /// Sends purchases again under new ids, and waits for the confirms: what tills do with a refusal that may end
    /// otherwise another time.
    func askAnew(for redemptionIds: Set<UUID>) async {
        let burst = record.indices.filter { redemptionIds.contains(record[$0].redemptionId) }.map(askAnew)
        open += burst.count
        await send(burst)
    }

    /// Sends every message again, under its id, whose answer came fewer than `wanted` times; how many those are.
    func askAgain(until wanted: Int) async -> Int {
        var burst: [Sending] = []
        for (number, purchase) in record.enumerated() where purchase.asks {
            for id in purchase.messageIds where answers[id, default: []].count < wanted {
                burst.append(Sending(purchase: number, messageId: id))
            }
        }
        open += burst.count
        await send(burst)
        return burst.count
    }

    /// Message ids of purchases with a wanted answer that has come fewer than `wanted` times.
    func unanswered(_ wanted: Int) -> Int {
        record.filter(\.asks).flatMap(\.messageIds).filter { answers[$0, default: []].count < wanted }.count
    }

    /// How many messages were confirmed, repeats counted.
    var confirmedCount: Int { confirms.values.reduce(0, +) }
}

/// An answer as a till got it, comparable byte for byte after its JSON was brought into one order.
struct TillAnswer: Sendable, Hashable {
    let isProblem: Bool
    let json: String
    let code: String?

    init(isProblem: Bool, json: String, code: String? = nil) {
        self.isProblem = isProblem
        self.json = json
        self.code = code
    }

    init(_ delivery: Delivery) {
        self.init(isProblem: delivery.properties.contentType == "application/problem+json", body: delivery.body)
    }

    init(isProblem: Bool, body: [UInt8]) {
        self.isProblem = isProblem
        let problem = isProblem ? try? JSONDecoder().decode(Problem.self, from: Data(body)) : nil
        code = problem?.code
        let object = try? JSONSerialization.jsonObject(with: Data(body))
        let ordered = object.flatMap { try? JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys]) }
        json = String(decoding: ordered ?? Data(body), as: UTF8.self)
    }
}
