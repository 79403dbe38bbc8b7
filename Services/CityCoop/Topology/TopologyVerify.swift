import AMQP
import ArgumentParser
import Contracts

/// Compares the broker with the topology.
struct TopologyVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the broker with what it should be; exit code 1 and each difference if it differs.",
        discussion: """
            Reads only. It looks at exchanges, queues and what they were declared with, bindings, policies and which of them \
            applies, users, permissions and topic permissions.

            Examples:
              citycoop topology verify
              citycoop topology verify --json
            """)

    @Flag(help: "As a JSON array of differences.")
    var json = false

    func run() async throws {
        try await reporting {
            let (broker, management) = try Surroundings.ours.brokerAndManagement()
            let drift = try await Progress.during("reading the broker's topology") {
                try await LiveTopology.read(management, virtualHost: broker.virtualHost).drift(from: .suite)
            }
            if json {
                Terminal.write(JSONText.pretty(drift))
            } else {
                for difference in drift { Terminal.write("\(difference)") }
                if drift.isEmpty { Terminal.write("The broker is as it should be.") }
            }
            if !drift.isEmpty {
                Terminal.tell("\(drift.count) differences; `citycoop topology apply` sets them right")
                throw ExitCode.refused
            }
        }
    }
}
