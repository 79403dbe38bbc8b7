import AMQP
import ArgumentParser
import Contracts

/// Makes the broker as it should be.
struct TopologyApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make the broker as it should be; harmless when it already is.",
        discussion: """
            Needs an administrator in CITYCOOP_MANAGEMENT_URL. A user that exists keeps its password; one that does not is \
            made with the password in the file of its name in the folder CITYCOOP_USER_PASSWORDS_FOLDER. Messages are never \
            touched: a queue or exchange that was declared otherwise is named, and stays.

            Examples:
              citycoop topology apply
              CITYCOOP_USER_PASSWORDS_FOLDER=/run/secrets/broker citycoop topology apply
            """)

    @Flag(help: "Take away bindings, policies and topic permissions that the suite does not know.")
    var prune = false

    /// How often the broker is asked whether its policies have come into force.
    private static let looksMax = 100

    func run() async throws {
        try await reporting {
            let surroundings = Surroundings.ours
            let (broker, management) = try surroundings.brokerAndManagement()
            let folder = PasswordFolder(folder: try surroundings.value(PasswordFolder.variable))
            let applying = TopologyApplying(.suite, management: management, broker: broker) {
                try folder.password(of: $0)
            }
            let before = try await Progress.during("declaring exchanges, queues and permissions") {
                try await applying.apply(prune: prune)
            }
            for difference in before where prune || difference.fault != .unknown { Terminal.tell("was: \(difference)") }
            let left = try await Progress.during("reading the broker's topology") {
                try await remaining(applying)
            }
            guard left.isEmpty else {
                let texts = left.map { "\($0)" }.joined(separator: "\n  ")
                throw CommandFailure(.refused, "The broker still differs:\n  \(texts)", hint: hint(left))
            }
            Terminal.write("The broker is as it should be.")
        }
    }

    /// What still differs; things that only wait for a policy to come into force are given a moment.
    private func remaining(_ applying: TopologyApplying) async throws -> [Drift] {
        var left: [Drift] = []
        for _ in 0..<Self.looksMax {
            let live = try await LiveTopology.read(
                applying.management, virtualHost: applying.administrator.virtualHost)
            left = live.drift(from: applying.topology).filter { prune || $0.fault != .unknown }
            if left.isEmpty { return [] }
            try await Task.sleep(for: .milliseconds(200))
        }
        return left
    }

    private func hint(_ left: [Drift]) -> String? {
        left.contains { $0.kind == .queue || $0.kind == .exchange }
            ? "what it was declared with cannot be changed: empty it, delete it and apply again" : nil
    }
}
