import ArgumentParser

/// Shows, exports, compares and makes the exchanges, queues, bindings, policies and users.
struct TopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Show, export, compare and make what the suite needs of its broker.",
        discussion: """
            Examples:
              citycoop topology show
              citycoop topology verify
              citycoop topology plan
              citycoop topology apply
            """,
        subcommands: [
            TopologyShow.self, TopologyExport.self, TopologyVerify.self, TopologyPlan.self, TopologyApply.self,
        ])
}
