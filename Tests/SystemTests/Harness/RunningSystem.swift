import Contracts
import Foundation
import Testing

/// Installs the suite and starts services for a suite of tests that share them.
struct WithRunningSystem: SuiteTrait, TestScoping {
    let name: String
    let services: [ServiceName]

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let system = try await System.install(name, on: try PrivateServers.required)
        try await RunningServices.during(services, of: system) { running in
            try await System.$current.withValue(system) {
                try await RunningServices.$current.withValue(running) { try await function() }
            }
        }
    }
}

extension Trait where Self == WithRunningSystem {
    /// The suite, installed under a name, with one instance of each of these services.
    static func running(_ name: String, _ services: ServiceName...) -> WithRunningSystem {
        WithRunningSystem(name: name, services: services)
    }
}

/// The instances that a suite of tests shares.
struct RunningServices: Sendable {
    @TaskLocal static var current: RunningServices?

    let instances: [ServiceProcess]

    static var required: RunningServices {
        get throws {
            guard let current else { throw Program.Failed(description: "no services: the trait is missing") }
            return current
        }
    }

    /// The instance of a service.
    func instance(_ service: ServiceName) throws -> ServiceProcess {
        guard let instance = instances.first(where: { $0.service == service }) else {
            throw Program.Failed(description: "\(service) is not among the running services")
        }
        return instance
    }

    /// Starts one instance of each service, waits until all are ready, and ends them after `body`.
    static func during(
        _ services: [ServiceName], of system: System, _ body: (RunningServices) async throws -> Void
    ) async throws {
        let instances = try services.map { try ServiceProcess($0, of: system) }
        let running = RunningServices(instances: instances)
        do {
            for instance in instances { try instance.start() }
            for instance in instances { try await instance.waitUntilReady() }
            try await body(running)
            for instance in instances { try instance.requireRunning() }
        } catch {
            await running.end()
            throw error
        }
        await running.end()
    }

    private func end() async {
        for instance in instances { try? await instance.kill() }
    }
}
