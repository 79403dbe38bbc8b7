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
              citycoop dead discard --unroutable --reason 'a typing error' > taken-away.jsonl
            """)

    @OptionGroup var selection: DeadSelection
    @OptionGroup var options: DeadOptions

    @Flag(help: "Everything that lies in citycoop.unroutable now; each message is printed as it goes.")
    var unroutable = false

    @Option(help: "Why; kept with the messages.")
    var reason: String

    func validate() throws {
        if unroutable && !selection.isEmpty { throw ValidationError("--unroutable goes with nothing else.") }
        if !unroutable { try selection.requireSomething() }
        guard (1...500).contains(reason.count) else { throw ValidationError("A reason has 1 to 500 characters.") }
    }

    func run() async throws {
        let reason = reason
        try await reporting {
            if unroutable { return try await discardUnroutable() }
            try await DeadAct(selection: selection, options: options, done: "discarded") {
                try await $0.discard($2, reason: reason, of: $1)
            }.run()
        }
    }

    private func discardUnroutable() async throws {
        let taken = try await UnroutableQueue.take(Surroundings.ours.broker()) { Terminal.write(json: $0) }
        Terminal.tell("\(taken) taken away from \(Topology.Names.unroutable): \(reason)")
    }
}
