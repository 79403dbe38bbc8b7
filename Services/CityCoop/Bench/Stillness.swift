import AMQP
import Contracts
import ManagementAPI
import Messaging

/// Stops the services for a measurement, and starts them again.
struct Stillness: Sendable {
    /// Time for a service to stop, to start, and for the others to catch up afterwards.
    static let limit = Duration.seconds(120)
    private static let pause = Duration.milliseconds(100)

    let surroundings: Surroundings
    let address: BrokerAddress
    let processes: ServiceProcesses
    let executables: String

    /// What vouchers says goes here as well, and nobody reads it while notifications stands still.
    let events = Topology.Names.queue(.notifications, .events)

    /// Waits until vouchers has sent everything it has to say, then stops all services.
    func begin(_ stage: Stage) async throws {
        try await Progress.during("waiting for vouchers to have said everything") {
            while try await stage.ask(GetStatus<VouchersService>()).outboxRows > 0 {
                try await Task.sleep(for: Self.pause)
            }
        }
        try await ServiceStop(services: ServiceName.allCases, processes: processes)
            .run(within: Self.limit, now: false) { _ in }
    }

    /// Throws if a service runs that was not started with this state folder: it could not be stopped.
    func requireOurs() async throws {
        for service in ServiceName.allCases where processes.process(of: service) == nil {
            guard let url = surroundings.healthURL(of: service), (try? await HTTPProbe().get(url)) != nil else {
                continue
            }
            throw CommandFailure(
                .usage, "\(service.rawValue) runs, but was not started from \(processes.folder).",
                hint: "give --state with the folder of `citycoop up`, or set CITYCOOP_STATE")
        }
    }

    /// Starts vouchers alone and measures how fast its events arrive.
    func measure(count: Int, within limit: Duration) async throws -> QueueClock.Reading {
        let clock = QueueClock(address: address, queue: events)
        let base = try await clock.messageCount()
        return try await Progress.during("measuring") {
            try await withThrowingTaskGroup(of: QueueClock.Reading?.self) { group in
                group.addTask { try await clock.run(from: base, count: count, within: limit) }
                group.addTask {
                    try await start([.vouchers])
                    return nil
                }
                var reading: QueueClock.Reading?
                for try await result in group { reading = reading ?? result }
                guard let reading else { preconditionFailure("the clock gives a reading or throws") }
                return reading
            }
        }
    }

    /// Starts all services and waits until notifications has read what it missed.
    func end() async throws {
        try await start(ServiceName.allCases)
        let clock = QueueClock(address: address, queue: events)
        try await Progress.during("waiting for notifications to catch up") {
            let deadline = ContinuousClock.now + Self.limit
            while try await clock.messageCount() > 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Runs the body between the two; the services are started again whatever becomes of it.
    func during<Result>(_ stage: Stage, _ body: () async throws -> Result) async throws -> Result {
        try await begin(stage)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        try await end()
        return try outcome.get()
    }

    /// Starts some of the services and waits until they are ready.
    func start(_ services: [ServiceName]) async throws {
        try await ServiceStart(
            services: services, processes: processes, executables: executables, surroundings: surroundings
        ).run(within: Self.limit) { _ in }
    }
}

/// What measurements that stop the services need besides a number.
struct BenchRun: Sendable {
    let surroundings: Surroundings
    let processes: ServiceProcesses
    let executables: String
    /// How long the measured part may take.
    let limit: Duration

    /// Connects and hands over what is needed.
    func with<Result>(_ body: (OperatorSession, Stage, Stillness) async throws -> Result) async throws -> Result {
        let address = try surroundings.broker()
        return try await OperatorSession.with(address) { session in
            let stage = Stage(requester: session.requester, limit: .seconds(30))
            let stillness = Stillness(
                surroundings: surroundings, address: address, processes: processes, executables: executables)
            try await stillness.requireOurs()
            return try await body(session, stage, stillness)
        }
    }
}
