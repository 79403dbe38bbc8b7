import AMQP
import Contracts
import FoundationEssentials

/// Failed messages of one type that are handled again in one transaction.
struct RetryBatch {
    typealias Row = ReadLockedFailures.Row

    /// A message that is handled, or need not be any more.
    struct Member {
        var row: Row
        var incoming: Incoming
        /// Its span: within the one that it was parked in.
        var step: MessageTracer.Step?
    }

    private let queue: InboxTransactions
    private let route: (any Route)?
    private let coder: BodyCoder
    /// What the transaction ends, if it commits.
    private(set) var fit: [Member] = []
    /// What cannot be handled because of itself; the others are handled without it.
    private(set) var unfit: [(row: Row, cause: any Error)] = []

    /// Reads rows of one type as messages are read when they come, with the same checks.
    ///
    /// Of two with one id the second is left where it is: the first decides about it.
    init(
        _ rows: [Row], route: (any Route)?, _ queue: InboxTransactions, at now: Date, _ tracer: MessageTracer?
    ) {
        self.queue = queue
        self.route = route
        coder = BodyCoder(limits: queue.limits)
        var keys: Set<InboxKey> = []
        for row in rows {
            do {
                var incoming = try read(row, at: now)
                guard keys.insert(incoming.key).inserted else { continue }
                let step = tracer?.process(
                    &incoming.envelope, from: row.queue, bytes: incoming.body.count, as: "retry")
                fit.append(Member(row: row, incoming: incoming, step: step))
            } catch {
                unfit.append((row, error))
            }
        }
    }

    private func read(_ row: Row, at now: Date) throws -> Incoming {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(row.envelope))
        if let defect = envelope.defect { throw Problem(defect.code, defect.reason) }
        guard let route else {
            throw Problem("unknown-type", "The service has no handler for the type of the message.")
        }
        if let refusal = queue.access.refusal(of: envelope.user, sending: route.type) { throw refusal }
        if envelope.isLate(at: now) { throw Problem.deadlineExceeded }
        let body = try queue.seal.open(row.sealedBody, for: row.failureId)
        return Incoming(
            envelope: envelope, body: body, key: row.inboxKey.map(InboxKey.init(bytes:)) ?? InboxKey(envelope),
            content: InboxKey.content(type: envelope.type, body: body),
            message: try route.read(body, mode: envelope.mode, with: coder))
    }

    /// Handles what can be handled, and ends its failures; returns the answers that leave with the commit.
    ///
    /// A thrown error means that nothing of it happened.
    mutating func handle(in work: inout MessageTransaction) async throws -> [OutgoingMessage] {
        guard let route, !fit.isEmpty else { return [] }
        let refused = try await queue.refused(fit.map(\.incoming), by: route, in: &work)
        setAside(refused, because: Problem.notAllowed)
        let handled = try await take(in: &work)
        var answers: [OutgoingMessage] = []
        var live = fit.map(\.incoming).filter { !handled.contains($0.key) }
        if let persons = ErasedPersons(live.map(\.message), queue.seal) {
            let (_, tombstones) = try await work.execute(persons.hold, persons.tombstones)
            let erased = persons.places(tombstones)
            for place in erased.sorted() {
                answers += queue.refuse(live[place], .personErased, coder, in: &work)
            }
            live = live.indices.filter { !erased.contains($0) }.map { live[$0] }
        }
        close(in: &work)
        if !live.isEmpty { try await route.handle(live, in: &work) }
        if let failure = work.outgoing.failure { throw failure }
        try queue.keepReplies(live, route, in: &work)
        let now = work.now
        for (position, answer) in work.outgoing.answers.sorted(by: { $0.key < $1.key }) {
            if let message = answer.message(to: live[position].envelope, source: queue.source, at: now) {
                answers.append(message)
            }
        }
        return answers
    }

    /// Takes the ids of messages that were filed without being taken, as dead letters are; returns those which were handled
    /// after all, or have a failure of their own.
    private mutating func take(in work: inout MessageTransaction) async throws -> Set<InboxKey> {
        let places = fit.indices.filter { fit[$0].row.inboxKey == nil }
        let taken = try await queue.take(
            places.map { (fit[$0].incoming.key, fit[$0].incoming.content) }, as: .done, in: &work)
        let repeated = taken.repeated.map { (place: places[$0.0], row: $0.1) }
        let keys = Set(repeated.map { fit[$0.place].incoming.key })
        let others = repeated.filter { $0.row.content != fit[$0.place].incoming.content }
        setAside(Set(others.map(\.place)), because: Problem.idReused)
        return keys
    }

    /// Ends the spans of what was to be handled; with the reason, if nothing of it happened.
    func end(failing code: String? = nil) {
        for member in fit { member.step?.end(failing: code) }
    }

    private mutating func setAside(_ places: Set<Int>, because cause: Problem) {
        guard !places.isEmpty else { return }
        for place in places { fit[place].step?.end(failing: cause.code) }
        unfit += places.sorted().map { (fit[$0].row, cause) }
        fit = fit.indices.filter { !places.contains($0) }.map { fit[$0] }
    }

    private func close(in work: inout MessageTransaction) {
        guard let first = fit.first?.row else { return }
        work.write(CloseFailures(failureIds: fit.map(\.row.failureId)))
        let keys = fit.compactMap(\.row.inboxKey).sorted { $0.lexicographicallyPrecedes($1) }
        if !keys.isEmpty { work.write(SetInboxState(queue: first.queue, keys: keys, state: .done)) }
    }
}
