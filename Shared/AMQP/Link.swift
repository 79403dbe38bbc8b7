import EventLoop
import Synchronization

/// Keeps one connection: makes it, reads it, keeps its heart beating, and makes it again with growing delay when it is gone.
///
/// Lives inside the actor that owns it, on that actor's loop; only ``status`` is for everybody.
final class Link {
    /// What the owner does at each turn.
    struct Owner {
        /// There is a new connection to set up; throwing gives it up.
        var opened: () throws(AMQPError) -> Void
        /// Something whole has come.
        var received: (Inbound) -> Void
        /// All that has arrived so far is handled, and the socket may take more.
        var settledDown: () -> Void
        /// One of the owner's own alarms has rung.
        var rang: (Alarm) -> Void
        /// The connection is gone, or could not be made.
        var lost: (AMQPError) -> Void
    }

    /// What the loop's one alarm may stand for.
    enum Alarm: Hashable {
        /// Enter the library, which serves heartbeats only then.
        case tick
        /// Make the connection again.
        case reconnect
        /// Read on: bytes wait inside the library, where polling the socket does not see them.
        case read
        /// The owner's: send what has gathered in this turn of the loop.
        case write
        /// The owner's: held acknowledgements have waited long enough.
        case acknowledge
        /// The owner's: subscribe again.
        case resubscribe
        /// The owner's: stop waiting for confirms.
        case flush
    }

    /// What others may know of the connection.
    final class Status: Sendable {
        let isConnected = Atomic(false)
        let isBlocked = Atomic(false)
    }

    let status = Status()
    private(set) var wire: Wire?
    /// Counts the channels, so that a delivery tag can tell which one it belongs to.
    private(set) var generation: UInt32 = 0

    private let executor: LoopExecutor
    private let address: BrokerAddress
    /// Which of the address's places is tried next.
    private var turn = 0
    private let name: String
    private let limits: AMQPLimits
    private let report: (@Sendable (ConnectionEvent) -> Void)?
    private var owner: Owner?
    private var demultiplexer = Demultiplexer(generation: 0)
    private var delay: ReconnectDelay
    private var alarms: [Alarm: ContinuousClock.Instant] = [:]
    private var isReadingPaused = false

    init(
        _ executor: LoopExecutor, _ address: BrokerAddress, name: String, _ limits: AMQPLimits,
        report: (@Sendable (ConnectionEvent) -> Void)?
    ) {
        self.executor = executor
        self.address = address
        self.name = name
        self.limits = limits
        self.report = report
        delay = ReconnectDelay(limits)
    }

    // MARK: Life

    /// Connects now, and again whenever the connection is gone, until ``stop()``.
    func start(_ owner: Owner) {
        self.owner = owner
        connect()
    }

    /// Says goodbye and stays away.
    func stop() {
        let wire = self.wire
        disconnect()
        owner = nil
        wire?.close()
    }

    /// Gives up the connection over the error; the next one follows after the delay.
    func lose(_ error: AMQPError) {
        guard wire != nil else { return }
        disconnect()
        retry(after: error)
        owner?.lost(error)
    }

    /// The connection has proved itself useful: the next delay is the shortest again.
    func prove() {
        delay.reset()
    }

    /// Tells whoever watches.
    func tell(_ event: ConnectionEvent) {
        switch event {
        case .blocked: status.isBlocked.store(true, ordering: .releasing)
        case .unblocked: status.isBlocked.store(false, ordering: .releasing)
        default: break
        }
        report?(event)
    }

    private func connect() {
        guard let owner else { return }
        do throws(AMQPError) {
            wire = try Wire(to: address.place(atTurn: turn), name: name, limits: limits)
            generation &+= 1
            demultiplexer = Demultiplexer(generation: generation)
            try owner.opened()
        } catch {
            disconnect()
            retry(after: error)
            return owner.lost(error)
        }
        status.isConnected.store(true, ordering: .releasing)
        setInterest(.readable)
        set(.tick, after: limits.tick)
        tell(.connected)
        owner.settledDown()
        read()
    }

    private func disconnect() {
        executor.unwatch()
        executor.clearAlarm()
        alarms = [:]
        wire = nil
        isReadingPaused = false
        status.isConnected.store(false, ordering: .releasing)
        status.isBlocked.store(false, ordering: .releasing)
    }

    /// The next attempt goes to the next place: this node may be gone for long, and the others go on without it.
    private func retry(after error: AMQPError) {
        turn += 1
        var generator = SystemRandomNumberGenerator()
        let pause = delay.next(using: &generator)
        set(.reconnect, after: pause)
        tell(.disconnected(error, retryAfter: pause))
    }

    // MARK: Reading

    /// Stops taking from the socket, so that the broker feels that we are slow.
    func pauseReading() {
        isReadingPaused = true
        setInterest([])
    }

    /// Takes from the socket again.
    func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        setInterest(.readable)
        set(.read, after: .zero)
    }

    /// Runs the body with what it writes gathered into large segments; a failure costs the connection.
    func write(_ body: (Wire) throws(AMQPError) -> Void) {
        guard let wire else { return }
        do throws(AMQPError) {
            try wire.gathering { () throws(AMQPError) in try body(wire) }
        } catch {
            return lose(error)
        }
        // A write that had to wait may have read meanwhile.
        if wire.hasBufferedInput { set(.read, after: .zero) }
    }

    /// Calls `settledDown` when the socket takes more.
    func awaitWritable() {
        setInterest(isReadingPaused ? .writable : [.readable, .writable])
    }

    /// Reads until nothing is left, here, in the library and in TLS; hands over at every emptied socket buffer.
    private func read() {
        guard let wire else { return }
        do throws(AMQPError) {
            reading: while self.wire === wire, !isReadingPaused {
                switch try wire.receive(&demultiplexer) {
                case .nothing: break reading
                case .fragment: continue
                case .inbound(.closed(let closure)):
                    wire.confirm(closure)
                    throw closure.error(nil)
                case .inbound(let inbound): owner?.received(inbound)
                }
                if !wire.hasBufferedInput { owner?.settledDown() }
            }
        } catch {
            return lose(error)
        }
        owner?.settledDown()
    }

    private func setInterest(_ interest: Readiness) {
        guard let wire else { return }
        executor.watch(wire.descriptor, for: interest) { [unowned self] readiness in
            ready(readiness)
        }
    }

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.broken), isReadingPaused {
            return lose(AMQPError(.connectionLost, "the socket broke while its reading was paused"))
        }
        if readiness.contains(.writable) {
            setInterest(isReadingPaused ? [] : .readable)
            owner?.settledDown()
        }
        if !readiness.isDisjoint(with: [.readable, .broken]) { read() }
    }

    // MARK: Alarms

    /// Sets one of the alarms; an earlier setting of the same one stands.
    func set(_ alarm: Alarm, after pause: Duration) {
        guard alarms[alarm] == nil else { return }
        alarms[alarm] = .now + pause
        arm()
    }

    private func arm() {
        guard let next = alarms.values.min() else { return executor.clearAlarm() }
        executor.setAlarm(at: next) { [unowned self] in ring() }
    }

    private func ring() {
        let now = ContinuousClock.now
        let due = alarms.filter { $0.value <= now }.keys
        for alarm in due { alarms[alarm] = nil }
        for alarm in due {
            switch alarm {
            case .tick: tick()
            case .reconnect: connect()
            case .read: read()
            case .write, .acknowledge, .resubscribe, .flush: owner?.rang(alarm)
            }
        }
        arm()
    }

    private func tick() {
        guard let wire else { return }
        set(.tick, after: limits.tick)
        guard isReadingPaused else { return read() }
        do throws(AMQPError) {
            try wire.sendHeartbeat()
        } catch {
            lose(error)
        }
    }
}
