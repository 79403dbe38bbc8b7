public import Contracts
public import FoundationEssentials
public import Postgres

/// What a handler works in: statements, and the messages that leave if and only if the transaction commits.
public struct MessageTransaction: ~Copyable {
    /// What leaves with the commit.
    struct Outgoing {
        var records: [OutgoingRecord] = []
        var scheduled: [(record: OutgoingRecord, due: Date)] = []
        /// Answers by the position of the request in its batch.
        var answers: [Int: Answer] = [:]
        /// What the audit keeps of the events among them.
        var audit: [AuditRecord] = []
        /// Something is due sooner than the schedule may expect.
        var wakesSchedule = false
        /// The first message of ours that could not be written; the transaction must not commit.
        var failure: (any Error)?
    }

    /// A message of ours that is beyond what the broker takes.
    struct MessageTooLarge: Error {
        var type: String
        var bytes: Int
    }

    private var transaction: Transaction
    private let coder: BodyCoder
    private let limits: MessagingLimits
    private(set) var outgoing = Outgoing()

    /// The transaction's time in the database.
    ///
    /// Known from the first flight on, which the runtime sends before a handler gets the transaction.
    public var now: Date { transaction.now ?? .distantPast }

    init(on connection: Connection, coder: BodyCoder, limits: MessagingLimits) {
        transaction = Transaction(on: connection)
        self.coder = coder
        self.limits = limits
    }

    /// Begins without a statement, in order to know ``now``.
    mutating func begin() async throws(PostgresError) {
        try await transaction.begin()
    }

    /// Commits; only its return says that the transaction happened.
    consuming func commit() async throws(PostgresError) {
        if !outgoing.audit.isEmpty { transaction.write(WriteAudit(records: outgoing.audit)) }
        try await transaction.commit()
    }

    /// Undoes everything.
    consuming func rollback() async {
        await transaction.rollback()
    }

    /// Runs statements in one flight, together with everything written since the last, and returns their rows.
    ///
    /// What depends on a lock is read by a later statement than the one that locks, in the same flight: a count read in the
    /// locking statement shows the state before the wait.
    public mutating func execute<each S: Statement>(
        _ statements: repeat each S
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        try await transaction.execute(repeat each statements)
    }

    /// Queues a statement whose rows nobody needs; it goes out with the next flight, at the latest with the commit.
    public mutating func write(_ statement: some Statement) {
        transaction.write(statement)
    }

    /// Says an event when the transaction has committed; `cause` is the message that made it happen.
    ///
    /// An ``AuditedEvent`` leaves a row in the audit, in this transaction; not if it is only said again (``Republish``).
    public mutating func publish(_ event: some Event, because cause: Received<some Message>) {
        let record = add(event, to: .events, sequence: event.sequence, traceparent: cause.envelope.traceparent)
        if let audited = event as? any AuditedEvent, let record, let cause = AuditCause(cause) {
            outgoing.audit.append(AuditRecord(audited, sent: record, because: cause, limits: limits))
        }
    }

    /// Says an event that no message at hand made happen: from a background job, which may know the trace it belongs to.
    public mutating func publish(_ event: some Event, traceparent: String? = nil) {
        publish(event, traceparent: traceparent, audit: nil)
    }

    /// Says what the erasure of a person has changed.
    public mutating func publish(_ event: some Event, because erasure: PersonErasure) {
        publish(event, traceparent: erasure.traceparent, audit: erasure.audit)
    }

    private mutating func publish(_ event: some Event, traceparent: String?, audit cause: AuditCause?) {
        let record = add(event, to: .events, sequence: event.sequence, traceparent: traceparent)
        if let audited = event as? any AuditedEvent, let record {
            outgoing.audit.append(AuditRecord(audited, sent: record, because: cause, limits: limits))
        }
    }

    /// Sends a command to another service when the transaction has committed.
    public mutating func send(_ command: some Command, because cause: Received<some Message>) {
        add(command, to: .commands, traceparent: cause.envelope.traceparent)
    }

    /// Sends a command, to this service or another, at a time to come.
    ///
    /// It survives restarts, and is sent once.
    public mutating func schedule(_ command: some Command, at due: Date, because cause: Received<some Message>) {
        guard let record = record(command, .commands, traceparent: cause.envelope.traceparent) else { return }
        outgoing.scheduled.append((record, due))
        outgoing.wakesSchedule = true
    }

    /// Answers a request.
    ///
    /// Where nobody waits for an answer nothing is sent: handlers need not ask.
    public mutating func answer<R: Request>(_ request: Received<R>, with reply: R.Reply) {
        guard request.envelope.wantsAnswer else { return }
        do {
            let (body, hasSecret) = try encode(reply, as: R.type.reply)
            outgoing.answers[request.position] = Answer(
                kind: .success, type: R.type.reply, body: body, hasSecret: hasSecret)
        } catch {
            outgoing.failure = outgoing.failure ?? error
        }
    }

    /// Refuses a request.
    public mutating func refuse(_ request: Received<some Request>, _ problem: Problem) {
        guard request.envelope.wantsAnswer else { return }
        outgoing.answers[request.position] = .problem(problem, to: request.envelope.type, coder)
    }

    /// Does what a request asks: says the event of it, and answers.
    public mutating func publish<R: Request>(
        _ event: some Event, answering request: Received<R>, with reply: R.Reply
    ) {
        publish(event, because: request)
        answer(request, with: reply)
    }

    /// Refuses a request, and says so in an event.
    public mutating func publish(
        _ event: some Event, refusing request: Received<some Request>, with problem: Problem
    ) {
        publish(event, because: request)
        refuse(request, problem)
    }

    /// Sends a command that no message at hand made necessary: from a background job.
    public mutating func send(_ command: some Command) {
        add(command, to: .commands)
    }

    /// Has the schedule look at the tables after the commit: something in them is due.
    mutating func wakeSchedule() {
        outgoing.wakesSchedule = true
    }

    @discardableResult
    private mutating func add(
        _ message: some Message, to exchange: OutgoingRecord.Exchange, sequence: Int64? = nil,
        traceparent: String? = nil
    ) -> OutgoingRecord? {
        let record = record(message, exchange, sequence: sequence, traceparent: traceparent)
        if let record { outgoing.records.append(record) }
        return record
    }

    private mutating func record<M: Message>(
        _ message: M, _ exchange: OutgoingRecord.Exchange, sequence: Int64? = nil, traceparent: String?
    ) -> OutgoingRecord? {
        do {
            let (body, hasSecret) = try encode(message, as: M.type.description)
            return OutgoingRecord(
                id: .version7(at: now), exchange: exchange, type: M.type.description, body: body, hasSecret: hasSecret,
                sequence: sequence, traceparent: traceparent, time: now)
        } catch {
            outgoing.failure = outgoing.failure ?? error
            return nil
        }
    }

    private func encode(_ value: some Encodable, as type: String) throws -> (body: [UInt8], hasSecret: Bool) {
        let (body, hasSecret) = try coder.body(of: value)
        guard body.count <= limits.bodyBytesMax else { throw MessageTooLarge(type: type, bytes: body.count) }
        return (body, hasSecret)
    }
}
