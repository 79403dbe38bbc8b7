import EventLoop
import Glibc
import Testing

/// An actor as a connection is one: on a loop's thread, with a socket.
private actor Wire {
    private let loop = EventLoop(name: "a test of the event loop")
    private var heard: [UInt8] = []
    private var rings = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// Collects what comes through `descriptor`, byte by byte.
    func listen(to descriptor: Int32) {
        loop.executor.watch(descriptor, for: .readable) { [weak self] readiness in
            self?.assumeIsolated { wire in
                guard readiness.contains(.readable) else { return wire.loop.executor.unwatch() }
                var byte: UInt8 = 0
                if unsafe read(descriptor, &byte, 1) == 1 {
                    wire.heard.append(byte)
                } else {
                    wire.loop.executor.unwatch()
                }
                wire.wake()
            }
        }
    }

    /// Rings once after `delay`.
    func ring(after delay: Duration) {
        loop.executor.setAlarm(at: .now + delay) { [weak self] in
            self?.assumeIsolated { wire in
                wire.rings += 1
                wire.wake()
            }
        }
    }

    func thread() -> pthread_t { pthread_self() }

    private var calls = 0
    private(set) var overtaken = 0

    /// Notes whether another call came in between entering and waiting.
    func enter() async {
        calls += 1
        let mine = calls
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if calls != mine { overtaken += 1 }
                continuation.resume()
            }
        } onCancel: {
        }
    }

    /// Waits until so many bytes and rings have come.
    func waitFor(bytes: Int = 0, rings: Int = 0) async -> [UInt8] {
        while heard.count < bytes || self.rings < rings { await withCheckedContinuation { waiting.append($0) } }
        return heard
    }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

@Suite(.timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test func everyJobOfAnActorRunsOnItsOneThread() async {
        let wire = Wire()
        let first = await wire.thread()
        let threads = await withTaskGroup(of: pthread_t.self) { group in
            for _ in 0..<1_000 { group.addTask { await wire.thread() } }
            return await group.reduce(into: [pthread_t]()) { $0.append($1) }
        }
        #expect(threads.allSatisfy { pthread_equal($0, first) != 0 })
        #expect(await Wire().thread() != first)
    }

    @Test func nobodyComesBetweenACallAndItsContinuation() async {
        let wire = Wire()
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { await wire.enter() } }
            }
        }
        #expect(await wire.overtaken == 0)
    }

    @Test func aTaskThatPrefersTheLoopRunsOnItsThread() async {
        let loop = EventLoop(name: "preferred")
        let isThere = await Task.detached(executorPreference: loop.taskExecutor) {
            await Task.yield()
            return loop.executor.isIsolatingCurrentContext()
        }.value
        #expect(isThere == true)
    }

    @Test func bytesOnTheSocketWakeTheLoopInOrder() async {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let wire = Wire()
        await wire.listen(to: ends[0])
        let sent = (0..<200).map { UInt8($0) }
        for byte in sent {
            var byte = byte
            #expect(unsafe write(ends[1], &byte, 1) == 1)
        }
        #expect(await wire.waitFor(bytes: sent.count) == sent)
        close(ends[1])
        close(ends[0])
    }

    @Test func anAlarmRingsOnceAndNotBeforeItsTime() async {
        let wire = Wire()
        let start = ContinuousClock.now
        await wire.ring(after: .milliseconds(30))
        _ = await wire.waitFor(rings: 1)
        #expect(ContinuousClock.now - start >= .milliseconds(30))
    }

    @Test func aLaterAlarmReplacesAnEarlierOne() async {
        let wire = Wire()
        await wire.ring(after: .seconds(3_600))
        await wire.ring(after: .milliseconds(5))
        _ = await wire.waitFor(rings: 1)
    }

    @Test func theLoopKnowsWhetherItIsEntered() async {
        let loop = EventLoop(name: "isolation")
        #expect(loop.executor.isIsolatingCurrentContext() == false)
    }

    @Test func threadsOfReleasedLoopsEnd() async throws {
        for _ in 0..<2_000 { _ = await Wire().thread() }
        let deadline = ContinuousClock.now + .seconds(20)
        while threadCount() > 200, deadline > .now { await Task.yield() }
        #expect(threadCount() <= 200)
    }

    private func threadCount() -> Int {
        guard let folder = unsafe opendir("/proc/self/task") else { return .max }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count - 2
    }
}
