internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// The parts of a service, from start to an end in bounded time.
///
/// SIGTERM, SIGINT or the failure of a part stops all parts in reverse order, each finishing the work in hand. When the
/// time for it is over they are cancelled, and shortly after that the process ends, whatever they do. A second signal ends
/// it at once.
struct RunningService {
    let context: ServiceContext
    let parts: [any Service]
    /// Ends the process without asking anybody.
    var end: @Sendable (Int32) -> Void = { _exit($0) }

    func run() async throws {
        // A reader of stderr that goes away must not take the service with it.
        signal(SIGPIPE, SIG_IGN)
        let (stopping, notice) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let group = group(with: StopNotice(readiness: context.readiness, notice: notice))
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        context.logger.info("\(context.name) starts.")
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                await obey(signals, group)
                return false
            }
            tasks.addTask {
                await endInTime(stopping)
                return false
            }
            tasks.addTask {
                try await group.run()
                return true
            }
            do {
                while try await tasks.next() == false {}
            } catch is CancellationError {
                throw ShutdownOverrun(limit: context.shutdownDuration)
            }
        }
        context.logger.info("\(context.name) has stopped.")
    }

    private func group(with notice: StopNotice) -> ServiceGroup {
        // The last part is the first to hear that it is over.
        let parts = (parts + [notice]).map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\(type(of: $0))")
        }
        var configuration = ServiceGroupConfiguration(services: parts, logger: context.logger)
        configuration.maximumGracefulShutdownDuration = context.shutdownDuration
        return ServiceGroup(configuration: configuration)
    }

    private func obey(_ signals: UnixSignalsSequence, _ group: ServiceGroup) async {
        var isStopping = false
        for await signal in signals {
            if isStopping {
                context.logger.warning("\(context.name) ends at once: a second \(signal).")
                end(128 + signal.rawValue)
            }
            isStopping = true
            context.logger.info("\(context.name) stops: \(signal).")
            await group.triggerGracefulShutdown()
        }
    }

    private func endInTime(_ stopping: AsyncStream<Void>) async {
        for await _ in stopping {
            try? await Task.sleep(for: context.shutdownDuration + ServiceLimits.cancellationDuration)
            guard !Task.isCancelled else { return }
            let limit = DurationText.text(context.shutdownDuration)
            context.logger.critical("\(context.name) ends at once: a part has not stopped, \(limit) were given.")
            end(EXIT_FAILURE)
        }
    }
}

/// The time for stopping was over before every part had finished its work, and the rest was cancelled.
struct ShutdownOverrun: Error, Equatable, CustomStringConvertible {
    let limit: Duration

    var description: String {
        "Not all work in hand was finished within \(DurationText.text(limit)) (CITYCOOP_SHUTDOWN_DURATION); the rest was "
            + "cancelled, and is done after the next start."
    }
}

/// Learns before all other parts that the service is stopping, for whatever reason, and passes it on.
private struct StopNotice: Service {
    let readiness: Readiness
    let notice: AsyncStream<Void>.Continuation

    func run() async throws {
        try? await gracefulShutdown()
        readiness.stop()
        notice.yield()
    }
}
