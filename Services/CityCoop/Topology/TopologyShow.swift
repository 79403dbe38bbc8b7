import ArgumentParser
import Contracts
import ManagementAPI

/// Prints the topology; needs no broker.
struct TopologyShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print exchanges, queues, bindings, policies and users as they should be.",
        discussion: """
            Needs no broker: it is what this version of the suite was built with.

            Examples:
              citycoop topology show
              citycoop topology show --json
            """)

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        Terminal.write(json ? JSONText.pretty(Topology.suite) : TopologyText(Topology.suite).text)
    }
}

/// A topology for people.
struct TopologyText {
    let topology: Topology

    init(_ topology: Topology) {
        self.topology = topology
    }

    var text: String {
        [
            section("Exchanges", topology.exchanges.map { [$0.name, $0.alternate.map { "else to \($0)" } ?? ""] }),
            section("Queues", topology.queues.map { [$0.name] }),
            section("Bindings", topology.bindings.map { [$0.exchange, $0.key, "-> \($0.queue)"] }),
            section(
                "Policies", topology.policies.map { [$0.name, $0.pattern, JSONText.line($0.forBroker.definition)] }),
            section("Users", topology.users.flatMap(lines)),
        ].joined(separator: "\n\n")
    }

    private func lines(of user: Topology.User) -> [[String]] {
        [
            [user.name, "configure", user.configure], ["", "write", user.write], ["", "read", user.read],
        ] + user.topics.flatMap { [["", "\($0.exchange) write", $0.write], ["", "\($0.exchange) read", $0.read]] }
    }

    private func section(_ title: String, _ rows: [[String]]) -> String {
        "\(title)\n" + TextTable(rows).lines.map { "  \($0)" }.joined(separator: "\n")
    }
}
