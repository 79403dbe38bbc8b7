import AMQP
import Contracts
import FoundationEssentials

/// The answer to a request: a typed success or a problem, on its way to a queue for answers.
struct Answer: Sendable {
    /// What the answer is.
    enum Kind: Int16, Sendable {
        case success = 1
        case problem = 2
    }

    var kind: Kind
    var type: String
    var body: [UInt8]
    var hasSecret: Bool

    static func problem(_ problem: Problem, to type: String, _ coder: BodyCoder) -> Answer {
        // A problem is three texts and a flag: encoding it cannot fail.
        let body =
            (try? coder.body(of: problem).bytes)
            ?? Array(#"{"code":"\#(problem.code)","title":"","retryable":false}"#.utf8)
        return Answer(kind: .problem, type: replyType(type), body: body, hasSecret: false)
    }

    /// `vouchers.redeem.v1` is answered by `vouchers.redeem.reply.v1`.
    static func replyType(_ type: String) -> String {
        guard let dot = type.lastIndex(of: ".") else { return type + ".reply" }
        return type[..<dot] + ".reply" + type[dot...]
    }

    /// The message, if the request wants an answer in a queue that may be written to.
    func message(to request: Envelope, source: ServiceName, at time: Date) -> OutgoingMessage? {
        guard let queue = request.replyTo, ReplyAddress.isAllowed(queue) else { return nil }
        let id = UUID.version7().text
        var headers: [String: HeaderValue] = [
            "cloudEvents_id": .string(id), "cloudEvents_source": .string(source.rawValue),
            "cloudEvents_type": .string(type), "cloudEvents_specversion": .string("1.0"),
            "cloudEvents_time": .string(Timestamp(time).description),
        ]
        if let traceparent = request.traceparent { headers["traceparent"] = .string(traceparent) }
        return OutgoingMessage(
            exchange: "", routingKey: queue, mandatory: true,
            properties: Properties(
                contentType: kind == .success ? "application/json" : "application/problem+json", headers: headers,
                deliveryMode: 1, correlationID: request.correlationId ?? (request.id.isEmpty ? nil : request.id),
                messageID: id,
                timestamp: UInt64(max(0, time.timeIntervalSince1970)), type: type, appID: source.rawValue),
            body: body)
    }
}
