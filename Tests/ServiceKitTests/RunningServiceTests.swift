import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import ServiceKit

/// A part that says what happens to it.
private struct Part: Service {
    enum Manner {
        case obedient, failing, slow, stubborn
    }

    struct Failure: Error {}

    let name: String
    let manner: Manner
    let story: Story

    func run() async throws {
        story.tell("\(name) runs")
        switch manner {
        case .obedient:
            try await gracefulShutdown()
        case .failing:
            throw Failure()
        case .slow:
            // Hears its cancellation, not the request to stop.
            for await _ in story.release {}
            try Task.checkCancellation()
        case .stubborn:
            // Hears neither the request to stop nor its cancellation.
            await Task { for await _ in story.release {} }.value
        }
        story.tell("\(name) stops")
    }
}

/// What has happened, in order.
private final class Story: Sendable {
    private let events = Mutex<[String]>([])
    let release: AsyncStream<Void>
    let free: AsyncStream<Void>.Continuation

    init() {
        (release, free) = AsyncStream.makeStream()
    }

    var told: [String] { events.withLock { $0 } }

    func tell(_ event: String) {
        events.withLock { $0.append(event) }
    }

    func wait(for event: String) async {
        while !told.contains(event) { await Task.yield() }
    }
}

/// Signals belong to the whole process: one test at a time.
@Suite("A running service", .serialized, .timeLimit(.minutes(1)))
struct RunningServiceTests {
    private func service(
        _ manners: [(String, Part.Manner)], _ story: Story, shutdown: Duration = .seconds(30),
        readiness: Readiness = Readiness(), end: @escaping @Sendable (Int32) -> Void = { _ in }
    ) -> RunningService {
        let context = ServiceContext(
            name: "shop", logger: Logger(label: "shop") { _ in SwiftLogNoOpLogHandler() }, readiness: readiness,
            metrics: MetricsRegistry(), shutdownDuration: shutdown)
        return RunningService(
            context: context, parts: manners.map { Part(name: $0.0, manner: $0.1, story: story) }, end: end)
    }

    @Test("a signal stops the parts in reverse order", arguments: [SIGTERM, SIGINT])
    func signal(_ number: Int32) async throws {
        let story = Story()
        let readiness = Readiness()
        let service = service([("first", .obedient), ("second", .obedient)], story, readiness: readiness)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await service.run() }
            await story.wait(for: "first runs")
            await story.wait(for: "second runs")
            #expect(await readiness.report().isReady)
            kill(getpid(), number)
            try await tasks.waitForAll()
        }
        #expect(story.told.suffix(2) == ["second stops", "first stops"])
        #expect(await !readiness.report().isReady)
    }

    @Test("a part that fails stops the others, and its error comes out")
    func failure() async {
        let story = Story()
        await #expect(throws: Part.Failure.self) {
            try await service([("first", .obedient), ("second", .failing)], story).run()
        }
        #expect(story.told.last == "first stops")
    }

    @Test("a second signal ends the process at once")
    func secondSignal() async throws {
        let story = Story()
        let readiness = Readiness()
        let ends = Mutex<[Int32]>([])
        let service = service([("stuck", .stubborn)], story, readiness: readiness) { status in
            ends.withLock { $0.append(status) }
            story.free.finish()
        }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await service.run() }
            await story.wait(for: "stuck runs")
            kill(getpid(), SIGTERM)
            while await readiness.report().isReady { await Task.yield() }
            #expect(ends.withLock { $0 } == [])
            kill(getpid(), SIGINT)
            try await tasks.waitForAll()
        }
        #expect(ends.withLock { $0 } == [128 + SIGINT])
    }

    @Test("a part that needs longer is cancelled when the time is over, and that is a failure")
    func overrun() async throws {
        let story = Story()
        let service = service([("first", .obedient), ("slow", .slow)], story, shutdown: .milliseconds(20))
        await #expect(throws: ShutdownOverrun(limit: .milliseconds(20))) {
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await service.run() }
                await story.wait(for: "slow runs")
                kill(getpid(), SIGTERM)
                try await tasks.waitForAll()
            }
        }
    }

    @Test("a part that does not stop in its time does not keep the process")
    func tooLong() async throws {
        let story = Story()
        let ends = Mutex<[Int32]>([])
        let service = service([("stuck", .stubborn)], story, shutdown: .milliseconds(20)) { status in
            ends.withLock { $0.append(status) }
            story.free.finish()
        }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await service.run() }
            await story.wait(for: "stuck runs")
            kill(getpid(), SIGTERM)
            try await tasks.waitForAll()
        }
        #expect(ends.withLock { $0 } == [EXIT_FAILURE])
    }
}
