import ArgumentParser
import Contracts

/// Gives failed messages up.
struct DeadDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give failed messages up, with a reason.",
        discussion: """
            They are not tried again; they stay readable (citycoop dead show, list --state discarded) until retention ends. Each \
            act is kept with the message, and in the audit.

            Examples:
              citycoop dead discard 0197f2a0-0000-7000-8000-000000000001 --reason 'sent twice by hand'
              citycoop dead discard --type vouchers.redeem.v9 --reason 'no such version' --dry-run
              citycoop dead discard --unroutable --reason 'a typing error' > taken-away.jsonl
            """)

    @OptionGroup var selection: DeadSelection
    @OptionGroup var options: DeadOptions

    @Flag(help: "Everything that lies in citycoop.unroutable now; each message is printed as it goes.")
    var unroutable = false

    @Option(help: "Why; kept with the messages.")
    var reason: String

    func validate() throws {
        if unroutable && (!selection.isEmpty || selection.dryRun || selection.limit != nil || selection.state != nil) {
            throw ValidationError("--unroutable goes with nothing else.")
        }
        if !unroutable { try selection.requireSomething() }
        guard (1...500).contains(reason.count) else { throw ValidationError("A reason has 1 to 500 characters.") }
    }

    func run() async throws {
        let reason = reason
        try await reporting {
            if unroutable { return try await discardUnroutable() }
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                if selection.dryRun {
                    let rehearsal = DeadRehearsal(
                        selection: selection, services: options.services.orAll, done: "discarded")
                    return try await rehearsal.run(operations)
                }
                let act = DeadAct(selection: selection, services: options.services.orAll) {
                    try await $0.discard($2, reason: reason, of: $1)
                }
                let answers = await act.run(operations)
                for (service, answer) in answers {
                    guard case .success(let touched) = answer, touched.count > 0 else { continue }
                    Terminal.write("\(service.rawValue): \(touched.count) discarded")
                }
                try act.check(answers)
            }
        }
    }

    private func discardUnroutable() async throws {
        let taken = try await UnroutableQueue.take(Surroundings.ours.broker()) { Terminal.write(json: $0) }
        Terminal.tell("\(taken) taken away from \(Topology.Names.unroutable): \(reason)")
    }
}
