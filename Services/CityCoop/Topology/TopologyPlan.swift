import AMQP
import ArgumentParser
import Contracts

/// Says what `apply` would do.
struct TopologyPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what apply would do, and change nothing; exit code 1 if there is anything to do.",
        discussion: """
            A line for each thing: what would be made, set right or, with --prune, taken away; and what `apply` cannot change, \
            because a queue, an exchange or a user is what it was made as.

            Examples:
              citycoop topology plan
              citycoop topology plan --prune
              citycoop topology plan --json
            """)

    @Flag(help: "As for `apply`: take away what the suite does not know.")
    var prune = false

    @Flag(help: "As a JSON array of steps.")
    var json = false

    func run() async throws {
        try await reporting {
            let (broker, management) = try Surroundings.ours.brokerAndManagement()
            let drift = try await Progress.during("reading the broker's topology") {
                try await LiveTopology.read(management, virtualHost: broker.virtualHost).drift(from: .suite)
            }
            let steps = drift.map { TopologyStep($0, prune: prune) }
            if json {
                Terminal.write(JSONText.pretty(steps))
            } else {
                for step in steps { Terminal.write("\(step)") }
                if steps.isEmpty { Terminal.write("There is nothing to do.") }
            }
            if !steps.isEmpty { throw ExitCode.refused }
        }
    }
}

/// What `apply` does about one difference.
struct TopologyStep: Codable, Equatable, Sendable, CustomStringConvertible {
    /// A kind of step.
    enum Action: String, Codable, Sendable {
        /// It is not there.
        case make
        /// It is otherwise than it should be.
        case set
        /// The suite does not know it, and is told to take such things away.
        case take
        /// The suite does not know it.
        case leave
        /// It cannot be changed, only be deleted and made again, which somebody has to decide.
        case decide
    }

    var action: Action
    var difference: Drift

    /// What becomes of the difference; `prune` as for `apply`.
    init(_ difference: Drift, prune: Bool) {
        self.difference = difference
        action =
            switch (difference.fault, difference.kind) {
            case (.missing, _): .make
            case (.different, .exchange), (.different, .queue), (.different, .user): .decide
            case (.different, _): .set
            case (.unknown, _): prune ? .take : .leave
            }
    }

    var description: String {
        let thing = "\(difference.kind.rawValue) \(difference.name)"
        let detail = difference.detail.map { ": \($0)" } ?? ""
        return switch action {
        case .make: "make \(thing)"
        case .set: "set \(thing)\(detail)"
        case .take: "take away \(thing)"
        case .leave: "leave \(thing), which only --prune takes away"
        case .decide: "leave \(thing), which cannot be changed\(detail)"
        }
    }
}
