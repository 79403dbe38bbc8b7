import Contracts

/// What becomes of a command that changes a thing.
enum Change<Thing: Equatable & Sendable>: Equatable, Sendable {
    /// It is so now: answer, and tell.
    case changed(Thing)
    /// It was so before: answer, and tell nobody.
    case repeated(Thing)
    /// Answer with the problem.
    case refused(Problem)
}

extension Problem {
    /// The sender has not seen what another wrote meanwhile.
    static func versionDiffers(_ present: Int64) -> Problem {
        Problem(
            "version-differs", "Somebody has changed this meanwhile.",
            fields: ["expectedVersion": "the present version is \(present)"])
    }
}
