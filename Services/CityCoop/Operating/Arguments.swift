public import ArgumentParser
public import Contracts
import FoundationEssentials

extension ServiceName: ExpressibleByArgument {}
extension FailureState: ExpressibleByArgument {}

/// Reads an id from the command line.
func uuid(_ argument: String) throws -> UUID {
    guard let id = UUID(text: argument) else { throw ValidationError("'\(argument)' is not a UUID.") }
    return id
}

/// A time given in seconds.
struct Seconds: ExpressibleByArgument, CustomStringConvertible {
    /// Longest time that makes sense: a day.
    private static let most = 86_400.0

    /// The same time.
    let duration: Duration

    init?(argument: String) {
        guard let seconds = Double(argument), seconds > 0, seconds <= Self.most else { return nil }
        duration = .seconds(seconds)
    }

    /// So many whole seconds.
    init(_ seconds: Int) {
        duration = .seconds(seconds)
    }

    var description: String {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 ? "\(seconds)" : "\(duration / .seconds(1))"
    }

    var defaultValueDescription: String { description }
}

/// Where the folder with logs and process ids is.
struct StateOptions: ParsableArguments {
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "Folder with log/ and run/; CITYCOOP_STATE or .citycoop if it is not given.", valueName: "folder"))
    var folder: String?

    /// The processes noted there.
    var processes: ServiceProcesses { ServiceProcesses(folder: Surroundings.ours.stateFolder(folder)) }
}

/// Which services a command is for.
extension [ServiceName] {
    /// All services where none is named.
    var orAll: [ServiceName] { isEmpty ? ServiceName.allCases : self }
}
