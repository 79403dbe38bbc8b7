/// Shows on stderr that something is being waited for, once the wait is longer than a second.
enum Progress {
    /// Seconds after which a line is told where no person looks; after the last, every so many seconds.
    private static let toldAfterSeconds = [1, 3, 10, 30, 60]

    /// Runs the body; `what` is asked each second for what is being waited for.
    static func during<Result>(
        _ what: @escaping @Sendable () -> String, _ body: () async throws -> Result
    ) async rethrows -> Result {
        async let _ = show(what)
        return try await body()
    }

    /// Runs the body.
    static func during<Result>(_ what: String, _ body: () async throws -> Result) async rethrows -> Result {
        try await during({ what }, body)
    }

    @concurrent
    private static func show(_ what: @Sendable () -> String) async {
        let isWatched = Terminal.isWatched
        var seconds = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            seconds += 1
            let line = "… \(what()) (\(seconds) s)"
            if isWatched {
                Terminal.overwrite(line)
            } else if isTold(after: seconds) {
                Terminal.tell(line)
            }
        }
        if isWatched && seconds > 0 { Terminal.overwrite("") }
    }

    static func isTold(after seconds: Int) -> Bool {
        guard let last = toldAfterSeconds.last, seconds > last else { return toldAfterSeconds.contains(seconds) }
        return seconds.isMultiple(of: last)
    }
}
