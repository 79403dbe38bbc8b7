import ArgumentParser
import Contracts

/// Has failed messages tried again.
struct DeadRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Try failed messages again, from where they are kept.",
        discussion: """
            They run within seconds under their own ids and with their sender's rights; what fails again is in \
            `citycoop dead list` again. Each act is kept with the message.

            Examples:
              citycoop dead redrive 0197f2a0-0000-7000-8000-000000000001
              citycoop dead redrive --service vouchers --code unexpected --reason 'fixed in 1.2'
            """)

    @OptionGroup var selection: DeadSelection
    @OptionGroup var options: DeadOptions

    @Option(help: "Why; kept with the messages.")
    var reason: String?

    func validate() throws {
        try selection.requireSomething()
    }

    func run() async throws {
        let reason = reason
        try await reporting {
            try await DeadAct(selection: selection, options: options, done: "to be tried again") {
                try await $0.redrive($2, reason: reason, of: $1)
            }.run()
        }
    }
}
