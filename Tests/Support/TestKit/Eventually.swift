/// A condition did not come true in time.
public struct NotInTime: Error, CustomStringConvertible {
    /// What was waited for, where, and for how long.
    public let description: String
}

/// Waits for a condition to come true, asking again and again; throws ``NotInTime`` if it does not.
///
/// For what cannot be awaited, such as the state of a server. What this program does itself should be awaited.
///
/// - Parameters:
///   - limit: How long to wait. Generous: a test that passes does not use it up.
///   - what: What is waited for, for the error.
public func eventually(
    within limit: Duration = .seconds(10), _ what: String = "the condition",
    file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    var pause = Duration.milliseconds(1)
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else {
            throw NotInTime(description: "\(file):\(line): \(what) did not come true within \(limit)")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}
