import AMQP
import Contracts
import FoundationEssentials

/// A message that cannot be handled, with the reason.
struct Defective: Sendable {
    var envelope: Envelope
    var body: [UInt8]
    /// `nil` where the message has no id.
    var key: InboxKey?
    var content: [UInt8]
    /// What the asker hears, and what is filed.
    var problem: Problem
    /// Whether it is filed for operators; what came too late for an asker who has gone is only counted.
    var isFiled = true
}

/// What one take from a queue holds, read and sorted into groups.
struct Intake: Sendable {
    /// One group: messages for one transaction.
    enum Group: Sendable {
        case handle(any Route, [(tag: DeliveryTag, incoming: Incoming)])
        case file([(tag: DeliveryTag, defective: Defective)])
    }

    var groups: [Group]
    /// Every delivery of the take.
    var tags: [DeliveryTag]
}

/// Reads deliveries: envelope, access, deadline, body.
struct IntakeReader: Sendable {
    private enum Reading {
        case incoming(any Route, Incoming)
        case defective(Defective)
    }

    private enum Kind: Hashable {
        case route(String)
        case filing
    }

    let routes: [String: any Route]
    let access: AccessPolicy
    let limits: MessagingLimits
    let now: @Sendable () -> Date

    /// Reads and sorts a take.
    func read(_ deliveries: [Delivery]) -> Intake {
        let envelopes = EnvelopeReader(limits: limits)
        let coder = BodyCoder(limits: limits)
        let instant = now()
        let readings = deliveries.map { read($0, envelopes.envelope(of: $0), coder, instant) }
        var grouping = Grouping<Kind>()
        for (member, reading) in readings.enumerated() {
            switch reading {
            case .incoming(let route, let incoming):
                grouping.add(
                    member, kind: .route(incoming.envelope.type), identity: incoming.key,
                    orderingKey: incoming.message.orderingKey, batchMax: route.batchMax)
            case .defective(let defective):
                grouping.add(
                    member, kind: .filing, identity: defective.key, orderingKey: nil, batchMax: limits.filingBatchMax)
            }
        }
        let groups = grouping.result.map { group($0.members, readings, deliveries) }
        return Intake(groups: groups, tags: deliveries.map(\.tag))
    }

    private func group(_ members: [Int], _ readings: [Reading], _ deliveries: [Delivery]) -> Intake.Group {
        var handled: [(tag: DeliveryTag, incoming: Incoming)] = []
        var filed: [(tag: DeliveryTag, defective: Defective)] = []
        var route: (any Route)?
        for member in members {
            switch readings[member] {
            case .incoming(let its, let incoming):
                route = its
                handled.append((deliveries[member].tag, incoming))
            case .defective(let defective):
                filed.append((deliveries[member].tag, defective))
            }
        }
        return route.map { .handle($0, handled) } ?? .file(filed)
    }

    private func read(_ delivery: Delivery, _ envelope: Envelope, _ coder: BodyCoder, _ now: Date) -> Reading {
        let content = InboxKey.content(type: envelope.type, body: delivery.body)
        func defective(_ problem: Problem) -> Reading {
            let key = envelope.id.isEmpty ? nil : InboxKey(envelope)
            return .defective(
                Defective(envelope: envelope, body: delivery.body, key: key, content: content, problem: problem))
        }
        if let objection = envelope.objection(routedBy: delivery.routingKey) { return defective(objection) }
        guard let route = routes[envelope.type] else {
            return defective(Problem("unknown-type", "This queue has no handler for the type of the message."))
        }
        if let refusal = access.refusal(of: envelope.user, sending: route.type) { return defective(refusal) }
        if envelope.isLate(at: now) {
            return .defective(Defective(late: envelope, delivery.body, content, as: route.type.kind))
        }
        do {
            let message = try route.read(delivery.body, mode: envelope.mode, with: coder)
            return .incoming(
                route,
                Incoming(
                    envelope: envelope, body: delivery.body, key: InboxKey(envelope), content: content,
                    message: message))
        } catch let problem as Problem {
            return defective(problem)
        } catch let error as ContractBroken {
            return defective(Problem("contract-broken", "The message breaks its contract.", detail: error.reason))
        } catch {
            return defective(Problem("contract-broken", "The message breaks its contract."))
        }
    }
}

extension Envelope {
    /// Whether nothing may be done about the message any more.
    func isLate(at now: Date) -> Bool { deadline.map { $0 < now } ?? false }
}

extension Defective {
    /// A message whose deadline had passed: filed only if it was a command whose sender does not wait to hear of it.
    ///
    /// Nothing was done under its id, so that it can be sent again with more time.
    init(late envelope: Envelope, _ body: [UInt8], _ content: [UInt8], as kind: MessageKind) {
        self.init(
            envelope: envelope, body: body, key: nil, content: content, problem: .deadlineExceeded,
            isFiled: kind == .command && !envelope.wantsAnswer)
    }
}

extension Problem {
    static let deadlineExceeded = Problem("deadline-exceeded", "The deadline of the message had passed.")
}
