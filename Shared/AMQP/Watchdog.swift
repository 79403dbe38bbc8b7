import Glibc
import Synchronization

/// Shuts down the socket of a connection that has been inside one library call for too long.
///
/// One thread for all connections of the process. A blocked `amqp_basic_publish` returns at once when its socket is shut
/// down; nothing else gets it out.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    private static let tickMilliseconds: Int32 = 250
    private let guarded = Mutex<[GuardedSocket]>([])

    private init() {
        var thread = pthread_t()
        let outcome = unsafe pthread_create(
            &thread, nil,
            { _ in
                Watchdog.shared.watch()
            }, nil)
        precondition(outcome == 0, "no thread left for the watchdog: \(outcome)")
        pthread_detach(thread)
    }

    func add(_ socket: GuardedSocket) {
        guarded.withLock { $0.append(socket) }
    }

    func remove(_ socket: GuardedSocket) {
        guarded.withLock { $0.removeAll { $0 === socket } }
    }

    private func watch() -> Never {
        while true {
            _ = poll(nil, 0, Self.tickMilliseconds)
            guarded.withLock { sockets in
                for socket in sockets { socket.shutDownIfStuck() }
            }
        }
    }
}

/// The socket of one connection, with the time at which its owner entered the library.
///
/// Holds a descriptor of its own for the socket: the library closes its one in the middle of a call when it gives up, and
/// the number may then belong to somebody else's file.
final class GuardedSocket: Sendable {
    let descriptor: Int32
    private let limitNanoseconds: UInt64
    /// Zero while nobody is inside.
    private let enteredAt = Atomic<UInt64>(0)
    private let fired = Atomic<Bool>(false)

    /// Duplicates the descriptor; nil if there are no descriptors left.
    init?(duplicating original: Int32, limit: Duration) {
        descriptor = fcntl(original, F_DUPFD_CLOEXEC, 0)
        let (seconds, attoseconds) = limit.components
        limitNanoseconds = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
        if descriptor < 0 { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether the watchdog had to act.
    var wasShutDown: Bool { fired.load(ordering: .relaxed) }

    /// Runs a library call under the watchdog's eyes.
    func inside<Result>(_ call: () -> Result) -> Result {
        enteredAt.store(Self.now(), ordering: .relaxed)
        defer { enteredAt.store(0, ordering: .relaxed) }
        return call()
    }

    fileprivate func shutDownIfStuck() {
        let entered = enteredAt.load(ordering: .relaxed)
        guard entered != 0, Self.now() > entered + limitNanoseconds else { return }
        fired.store(true, ordering: .relaxed)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
