import ArgumentParser

/// What all measurements take.
struct BenchOptions: ParsableArguments {
    @Flag(help: "One JSON object.")
    var json = false

    @Option(help: "Seconds that the measured part may take.")
    var timeout = Seconds(300)
}

/// What the measurements take that stop and start services.
struct BenchProcessOptions: ParsableArguments {
    @OptionGroup var state: StateOptions

    @Option(help: ArgumentHelp("Where the services' executables are; beside citycoop by default.", valueName: "folder"))
    var executables: String?

    /// All of it.
    func run(_ options: BenchOptions) throws -> BenchRun {
        BenchRun(
            surroundings: .ours, processes: state.processes,
            executables: try ServiceProcesses.executablesFolder(executables), limit: options.timeout.duration)
    }
}

/// Throws unless the number of things to measure makes sense.
func validateCount(_ count: Int, max: Int) throws {
    guard (1...max).contains(count) else { throw ValidationError("--count must be 1 to \(max).") }
}
