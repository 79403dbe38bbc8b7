import ArgumentParser
import Contracts

/// Gives failed messages up.
struct DeadDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give failed messages up, with a reason.",
        discussion: """
            They are not tried again; they stay readable (citycoop dead show, list --state discarded) until retention ends.

            Examples:
              citycoop dead discard 0197f2a0-0000-7000-8000-000000000001 --reason 'sent twice by hand'
              citycoop dead discard --type vouchers.redeem.v9 --reason 'no such version'
            """)

    @OptionGroup var selection: DeadSelection
    @OptionGroup var options: DeadOptions

    @Option(help: "Why; kept with the messages.")
    var reason: String

    func validate() throws {
        guard (1...500).contains(reason.count) else { throw ValidationError("A reason has 1 to 500 characters.") }
    }

    func run() async throws {
        let reason = reason
        try await reporting {
            try await DeadAct(selection: selection, options: options, done: "discarded") {
                try await $0.discard($2, reason: reason, of: $1)
            }.run()
        }
    }
}
