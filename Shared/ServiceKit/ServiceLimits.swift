/// Every bound that ServiceKit keeps, in one place.
enum ServiceLimits {
    /// A secret file larger than this is not one: a path was mistyped.
    static let secretFileBytesMax = 64 << 10
    /// Log collectors cut or refuse lines that are longer.
    static let logLineBytesMax = 16 << 10
    /// What the message of one log line may take; the rest of the line is for its fields.
    static let logMessageBytesMax = 8 << 10
    /// What one text field of a log line may take.
    static let logFieldBytesMax = 4 << 10
    /// How deep dictionaries and lists in metadata are followed.
    static let logDepthMax = 8
    /// How long a line waits for a reader of stderr that is slow, before it is dropped and counted.
    static let logWaitMilliseconds: Int32 = 100
    /// A label set more than this under one name is counted under `other="true"`: a label that takes ids would otherwise
    /// fill this process's memory and the monitoring's.
    static let seriesPerNameMax = 200
    /// Names of metrics in one process.
    static let metricNamesMax = 1_000
    /// How long a readiness check may take when it names no time of its own.
    static let readinessCheckDuration = Duration.seconds(1)
    /// Questions that one readiness check may have open; above it the answer is "no" without asking.
    static let readinessQuestionsMax = 4
    /// The pause before the HTTP server listens again after it failed.
    static let httpRestartDuration = Duration.seconds(1)
    /// What cancelled services get to come to an end after the graceful time is over; then the process ends.
    static let cancellationDuration = Duration.seconds(2)

    // MARK: Start

    /// The first pause before a database that is not there is looked for again; doubled each time.
    static let databasePauseFirst = Duration.milliseconds(100)
    /// The longest such pause.
    static let databasePauseMax = Duration.seconds(2)
    /// After so long a service that found its servers does nothing any more that only its start asks for.
    static let startDuration = Duration.seconds(5)
}
