import CLinux
import Glibc
import Synchronization

/// What a loop waits for on its socket, and what it found there.
public struct Readiness: OptionSet, Sendable {
    /// The bits, as a set.
    public let rawValue: Int

    /// Makes a set from its bits.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// There are bytes to read, or the other side has closed.
    public static let readable = Readiness(rawValue: 1)
    /// There is room to write.
    public static let writable = Readiness(rawValue: 2)
    /// The socket is broken; reported whether it was asked for or not.
    public static let broken = Readiness(rawValue: 4)
}

/// The serial executor behind an ``EventLoop``: jobs, one socket and one alarm on one thread.
///
/// `@unchecked Sendable`: `inbox` and `wake` are shared under a lock; everything in `ThreadState` is touched by the loop's
/// own thread only, which `preconditionIsolated` checks at every entry.
public final class LoopExecutor: SerialExecutor, @unchecked Sendable {
    private struct Entry {
        var job: UnownedJob
        /// Set where the task came because it prefers this thread, and not because an actor lives here.
        var preferred: LoopTaskExecutor?
    }

    private struct Inbox {
        var jobs: [Entry] = []
        var asleep = false
        var finished = false
        var thread: pthread_t?
    }

    private struct ThreadState {
        var descriptor: Int32 = -1
        var interest: Readiness = []
        var ready: ((Readiness) -> Void)?
        var alarm: (at: ContinuousClock.Instant, ring: () -> Void)?
    }

    private let name: String
    private let inbox = Mutex(Inbox())
    private let wake: Int32
    private var state = ThreadState()

    init(name: String) {
        self.name = name
        wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(wake >= 0, "no file descriptor left for an event loop: errno \(errno)")
    }

    deinit {
        close(wake)
    }

    // MARK: Jobs

    /// Hands a job to the loop's thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        add(Entry(job: UnownedJob(job)))
    }

    fileprivate func enqueue(_ job: consuming ExecutorJob, preferring executor: LoopTaskExecutor) {
        add(Entry(job: UnownedJob(job), preferred: executor))
    }

    private func add(_ entry: Entry) {
        let sleeping = inbox.withLock { inbox in
            inbox.jobs.append(entry)
            defer { inbox.asleep = false }
            return inbox.asleep
        }
        if sleeping {
            eventfd_write(wake, 1)
        }
    }

    /// The executor as the runtime wants it from an actor's `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Traps unless the caller is on the loop's thread.
    public func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "\(name) was entered from another thread")
    }

    /// Whether the caller is on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        inbox.withLock { inbox in
            guard let thread = inbox.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    // MARK: The socket and the alarm, from the loop's own thread

    /// Calls `ready` on the loop's thread whenever `descriptor` is ready for `interest`; replaces what was watched before.
    public func watch(_ descriptor: Int32, for interest: Readiness, _ ready: @escaping (Readiness) -> Void) {
        checkIsolated()
        state.descriptor = descriptor
        state.interest = interest
        state.ready = ready
    }

    /// Changes what the watched socket is watched for.
    public func setInterest(_ interest: Readiness) {
        checkIsolated()
        state.interest = interest
    }

    /// Stops watching; to be called before the socket is closed.
    public func unwatch() {
        checkIsolated()
        state.descriptor = -1
        state.interest = []
        state.ready = nil
    }

    /// Calls `ring` once, on the loop's thread, at or soon after `instant`; replaces an alarm that has not rung.
    public func setAlarm(at instant: ContinuousClock.Instant, _ ring: @escaping () -> Void) {
        checkIsolated()
        state.alarm = (instant, ring)
    }

    /// Forgets the alarm.
    public func clearAlarm() {
        checkIsolated()
        state.alarm = nil
    }

    // MARK: The thread

    func start(stackBytes: Int) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackBytes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }
        let retained = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let outcome = unsafe pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                unsafe Unmanaged<LoopExecutor>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        precondition(outcome == 0, "no thread left for an event loop: \(outcome)")
    }

    func finish() {
        inbox.withLock { $0.finished = true }
        eventfd_write(wake, 1)
    }

    private func run() {
        let name = String(name.prefix(15))
        inbox.withLock { $0.thread = pthread_self() }
        _ = unsafe name.withCString { unsafe citycoop_name_this_thread($0) }
        let executor = unsafe asUnownedSerialExecutor()
        while true {
            let (jobs, finished) = takeJobs()
            for entry in jobs {
                // Never as both: a task that does not prefer this executor would then be queued again at every `await`
                // within its actor, and other jobs would get in between (seen with 5 of 6 continuations).
                if let preferred = entry.preferred {
                    unsafe entry.job.runSynchronously(on: UnownedTaskExecutor(ordinary: preferred))
                } else {
                    unsafe entry.job.runSynchronously(on: executor)
                }
            }
            if jobs.isEmpty && finished { return }
            wait()
        }
    }

    private func takeJobs() -> ([Entry], finished: Bool) {
        inbox.withLock { inbox in
            defer { inbox.jobs.removeAll(keepingCapacity: true) }
            return (inbox.jobs, inbox.finished)
        }
    }

    /// Sleeps until a job, the socket or the alarm; does not sleep when there are jobs already.
    private func wait() {
        let mayBlock = inbox.withLock { inbox in
            inbox.asleep = inbox.jobs.isEmpty && !inbox.finished
            return inbox.asleep
        }
        var polled = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: state.descriptor, events: state.interest.pollEvents, revents: 0),
        ]
        _ = unsafe poll(&polled, 2, mayBlock ? millisecondsToAlarm() : 0)
        inbox.withLock { $0.asleep = false }
        if polled[0].revents != 0 {
            var count: eventfd_t = 0
            unsafe eventfd_read(wake, &count)
        }
        if polled[1].revents != 0, state.descriptor == polled[1].fd {
            state.ready?(Readiness(pollEvents: polled[1].revents))
        }
        if let alarm = state.alarm, alarm.at <= .now {
            state.alarm = nil
            alarm.ring()
        }
    }

    private func millisecondsToAlarm() -> Int32 {
        guard let alarm = state.alarm else { return -1 }
        let (seconds, attoseconds) = (alarm.at - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// The loop's thread for tasks that prefer it without being isolated to its actor.
public final class LoopTaskExecutor: TaskExecutor {
    private let loop: LoopExecutor

    init(_ loop: LoopExecutor) {
        self.loop = loop
    }

    /// Hands a job to the loop's thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(job, preferring: self)
    }
}

extension Readiness {
    fileprivate var pollEvents: Int16 {
        Int16((contains(.readable) ? POLLIN : 0) | (contains(.writable) ? POLLOUT : 0))
    }

    fileprivate init(pollEvents: Int16) {
        var readiness: Readiness = []
        if Int32(pollEvents) & (POLLIN | POLLHUP) != 0 { readiness.insert(.readable) }
        if Int32(pollEvents) & POLLOUT != 0 { readiness.insert(.writable) }
        if Int32(pollEvents) & (POLLERR | POLLNVAL | POLLHUP) != 0 { readiness.insert(.broken) }
        self = readiness
    }
}
