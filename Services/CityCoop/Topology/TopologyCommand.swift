import ArgumentParser

/// Shows, compares and makes the exchanges, queues, bindings, policies and users.
struct TopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Show, compare and make what the suite needs of its broker.",
        discussion: """
            Examples:
              citycoop topology show
              citycoop topology verify
              citycoop topology apply
            """,
        subcommands: [TopologyShow.self, TopologyVerify.self, TopologyApply.self])
}
