import EventLoop
import Synchronization

/// One session with a database, on a thread of its own.
///
/// Flights of several callers are pipelined one behind the other and answered in order. A flight that has been handed over
/// ends with its result or its deadline; cancelling the calling task does not stop it, because half a transaction helps
/// nobody. A connection that breaks fails every flight with an error whose `isConnectionTrouble` is set, and stays broken:
/// replacing it is the business of a ``Pool`` or of its owner.
public actor Connection {
    /// What the connection is called in `pg_stat_activity` and by its thread.
    public nonisolated let name: String
    nonisolated let limits: PostgresLimits
    nonisolated let usable = Atomic(false)
    nonisolated let closed = Signal()
    let loop: EventLoop
    var session = Session()
    var connecting: CheckedContinuation<Result<Void, PostgresError>, Never>?
    var pipeline = Pipeline()
    private var unsent: [WaitingFlight] = []
    private var statements = StatementCache()
    private var openTransaction: TransactionID?
    /// When a cancelled flight is given up, and the connection with it.
    private var graceEnd: ContinuousClock.Instant?
    /// A request to cancel is on its way: what is sent now might be hit by it.
    private var isCancelling = false

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    init(name: String, limits: PostgresLimits) {
        self.name = name
        self.limits = limits
        loop = EventLoop(name: name, stackBytes: limits.stackBytes)
    }

    // MARK: For callers

    /// Sends statements in one flight, which is one implicit transaction, and reads their rows.
    ///
    /// ```swift
    /// let (vouchers, redemptions) = try await connection.execute(LockVouchers(codes), ReadRedemptions(ids))
    /// ```
    ///
    /// - Parameter limit: How long to wait, instead of the connection's `flightDeadline`.
    public nonisolated func execute<each S: Statement>(
        _ statements: repeat each S, within limit: Duration? = nil
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        var flight = Flight()
        repeat _ = flight.add(each statements)
        var results = FlightResults.Reader(try await run(flight, within: limit))
        return (repeat try results.next((each S).self))
    }

    /// Sends a flight and returns its results.
    ///
    /// - Parameter limit: How long to wait, instead of the connection's `flightDeadline`.
    public func run(_ flight: Flight, within limit: Duration? = nil) async throws(PostgresError) -> FlightResults {
        guard !flight.isEmpty else { return FlightResults([]) }
        guard isUsable else { throw Self.notConnected }
        if let openTransaction, flight.transaction != openTransaction {
            throw PostgresError(.misuse, "a transaction is open on this connection: only its flights may be sent")
        }
        openTransaction = flight.transaction
        let deadline = ContinuousClock.now + (limit ?? limits.flightDeadline)
        return try await withCheckedContinuation { continuation in
            unsent.append(WaitingFlight(flight: flight, deadline: deadline, answer: continuation))
            advance()
        }.get()
    }

    /// Runs SQL that may hold several statements, without parameters and results: what a migration is made of.
    ///
    /// The statements are one implicit transaction, unless they begin one themselves.
    public nonisolated func runScript(_ sql: String, within limit: Duration? = nil) async throws(PostgresError) {
        _ = try await run(Flight(script: sql), within: limit)
    }

    /// Whether the connection is up and may be given work.
    public nonisolated var isUsable: Bool { usable.load(ordering: .acquiring) }

    /// Returns once the connection is closed or broken, or when the caller is cancelled.
    public nonisolated func waitUntilClosed() async {
        await closed.wait()
    }

    /// Closes the connection; flights that wait fail as if it had broken.
    public func close() {
        fail(PostgresError(.noConnection, "the connection was closed"))
    }

    /// Takes the connection out of use, from wherever; its pool closes it on return.
    nonisolated func condemn() {
        usable.store(false, ordering: .releasing)
    }

    static var notConnected: PostgresError { PostgresError(.noConnection, "the connection is closed") }

    // MARK: Sending

    /// Sends what may be sent, and sees to the socket and the alarm.
    func advance() {
        while let next = unsent.first, maySend(next.flight) {
            unsent.removeFirst()
            do {
                pipeline.append(.init(next, steps: try send(next.flight)))
            } catch let error where error.code == .misuse {
                next.answer.resume(returning: .failure(error))
            } catch {
                // Part of the flight may have left, a COMMIT included.
                var own = error
                own.isCommitInDoubt = next.flight.ending == .commit
                next.answer.resume(returning: .failure(own))
                return fail(error)
            }
        }
        flush()
        setAlarm()
    }

    private func maySend(_ flight: Flight) -> Bool {
        guard !isCancelling, pipeline.count < limits.flightsUnderWayMax, !pipeline.runsScript else { return false }
        return flight.script == nil || pipeline.count == 0
    }

    private func send(_ flight: Flight) throws(PostgresError) -> [Pipeline.Step] {
        if let script = flight.script {
            guard session.leavePipeline(), session.query(script) else { throw lost }
            return [.script]
        }
        try requireSameTypes(in: flight)
        var steps: [Pipeline.Step] = []
        var fresh: [ObjectIdentifier: String] = [:]
        for (index, entry) in flight.entries.enumerated() {
            let key = ObjectIdentifier(entry.statement)
            let known = flight.isDescription ? nil : statements[entry.statement]?.name ?? fresh[key]
            let name = known ?? statements.makeName()
            if known == nil {
                let types = flight.infersTypes ? [] : flight.parameters.types[entry.parameters]
                guard session.prepare(name, sql: entry.statement.sql, types: types) else { throw lost }
                fresh[key] = name
                steps.append(.prepare(index, name: name))
            }
            let sent =
                flight.isDescription
                ? session.describe(name) : session.execute(name, flight.parameters, entry.parameters)
            guard sent else { throw lost }
            steps.append(.execute(index))
        }
        guard session.sync() else { throw lost }
        return steps
    }

    /// A statement whose parameters change their types would be sent to a preparation that reads them as something else.
    private func requireSameTypes(in flight: Flight) throws(PostgresError) {
        for entry in flight.entries {
            guard let known = statements[entry.statement] else { continue }
            guard flight.parameters.types[entry.parameters].elementsEqual(known.types) else {
                throw PostgresError(.misuse, "parameters of other types than before", statement: "\(entry.statement)")
            }
        }
    }

    private var lost: PostgresError { PostgresError(.noConnection, session.complaint) }

    // MARK: The socket

    private func flush() {
        switch session.flush() {
        case .everything: loop.executor.setInterest(.readable)
        case .partly: loop.executor.setInterest([.readable, .writable])
        case .broken: breakDown()
        }
    }

    /// Feeds and drains: whoever only writes while the server only writes as well waits for ever.
    func socketIsReady(_ readiness: Readiness) {
        guard readiness != .writable else { return flush() }
        // A TLS record (16 KiB) may be larger than what libpq has room for (8 KiB at least), and what OpenSSL keeps back no
        // poll will ever show. Three readings empty it.
        for _ in 0..<(session.isEncrypted ? 3 : 1) {
            guard session.consumeInput() else { return breakDown() }
            drain()
        }
        advance()
    }

    private func drain() {
        while pipeline.count > 0, !session.isBusy {
            receive(session.nextResult())
        }
    }

    private func receive(_ result: ServerResult?) {
        switch pipeline.receive(result) {
        case .expected:
            break
        case .prepared(let index, let name):
            guard let flight = pipeline.first?.waiting.flight, !flight.isDescription else { return }
            let entry = flight.entries[index]
            statements.confirm(entry.statement, name, types: flight.parameters.types[entry.parameters])
        case .finished(let flight):
            finish(flight)
        case .unexpected:
            fail(PostgresError(.noConnection, "the server sent a result that nothing had asked for"))
        }
    }

    private func finish(_ flight: Pipeline.UnderWay) {
        if flight.waiting.flight.script != nil, !session.enterPipeline() { condemn() }
        if flight.isCancelled { graceEnd = nil }
        var outcome = flight.outcome
        switch outcome {
        case .success:
            if flight.waiting.flight.ending != nil { openTransaction = nil }
        case .failure(var error):
            // The server has lost the statement, or the tables have changed under it: prepare it again next time.
            if error.sqlState == "26000" || error.sqlState == "0A000" {
                for entry in flight.waiting.flight.entries { statements.forget(entry.statement) }
            }
            if flight.isCancelled, error.sqlState == "57014" { error.code = .deadlineExceeded }
            outcome = .failure(error)
        }
        flight.waiting.answer.resume(returning: outcome)
    }

    /// The socket is gone: takes in what had arrived before, then fails the rest.
    private func breakDown() {
        let complaint = lost
        while let first = pipeline.first, first.error == nil, !session.isBusy {
            receive(session.nextResult())
        }
        fail(complaint)
    }

    /// Closes the session and fails every flight that waits.
    func fail(_ error: PostgresError) {
        condemn()
        loop.executor.unwatch()
        loop.executor.clearAlarm()
        session.finish()
        connecting?.resume(returning: .failure(error))
        connecting = nil
        for flight in pipeline.removeAll() {
            var own = flight.error ?? error
            own.isCommitInDoubt = flight.waiting.flight.ending == .commit && own.severity != "ERROR"
            flight.waiting.answer.resume(returning: .failure(own))
        }
        for waiting in unsent { waiting.answer.resume(returning: .failure(error)) }
        unsent = []
        closed.fire()
    }

    // MARK: Deadlines

    /// Rings at the earliest of: the deadline of what the server is working on, the end of its grace, the deadlines of what
    /// is not sent yet.
    private func setAlarm() {
        var earliest = graceEnd ?? pipeline.first?.waiting.deadline
        for waiting in unsent { earliest = min(earliest ?? waiting.deadline, waiting.deadline) }
        guard let earliest else { return loop.executor.clearAlarm() }
        loop.executor.setAlarm(at: earliest) { [weak self] in
            self?.assumeIsolated { $0.deadlineHasPassed() }
        }
    }

    private func deadlineHasPassed() {
        let now = ContinuousClock.now
        let late = PostgresError(.deadlineExceeded, "no answer within the deadline")
        if let graceEnd, graceEnd <= now { return fail(late) }
        for waiting in unsent where waiting.deadline <= now { waiting.answer.resume(returning: .failure(late)) }
        unsent.removeAll { $0.deadline <= now }
        if graceEnd == nil, let first = pipeline.first, first.waiting.deadline <= now { cancelFirst() }
        setAlarm()
    }

    /// Asks the server to stop, from another thread because the request blocks.
    ///
    /// Nothing is sent meanwhile: the request names a session and not a statement, and would hit whatever runs when it
    /// arrives.
    private func cancelFirst() {
        guard let canceller = session.canceller() else { return breakDown() }
        pipeline.markFirstCancelled()
        graceEnd = .now + limits.cancelGrace
        isCancelling = true
        let thread = EventLoop(name: "\(name) cancel", stackBytes: limits.stackBytes)
        Task.detached(executorPreference: thread.taskExecutor) {
            canceller.send()
            await self.cancelHasBeenSent()
            withExtendedLifetime(thread) {}
        }
    }

    private func cancelHasBeenSent() {
        isCancelling = false
        if isUsable { advance() }
    }
}

extension Flight {
    var isDescription: Bool {
        if case .description = purpose { true } else { false }
    }

    var infersTypes: Bool {
        if case .description(inferring: true) = purpose { true } else { false }
    }
}
