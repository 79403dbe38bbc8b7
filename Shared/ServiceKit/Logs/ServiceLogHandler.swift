internal import FoundationEssentials
public import Logging
internal import Synchronization

/// Writes swift-log's events as lines of JSON or of plain text.
public struct ServiceLogHandler: LogHandler {
    /// Names that a line has already: metadata so called gets an underscore in front.
    private static let reserved: Set<String> = [
        "time", "level", "service", "message", "logger", "error", "dropped", "truncated",
    ]

    /// Events below are not written.
    public var logLevel: Logger.Level
    /// Fields of every line.
    public var metadata: Logger.Metadata = [:]
    /// Fields that are asked for at every line.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let log: ServiceLog

    init(label: String, log: ServiceLog, metadataProvider: Logger.MetadataProvider? = nil) {
        self.label = label
        self.log = log
        self.metadataProvider = metadataProvider
        logLevel = log.level
    }

    /// One field of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one event as one line.
    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }

        var line = LogLine(
            log.format, at: log.now(), level: event.level, service: log.service, message: event.message.description)
        if label != log.service { line.add("logger", .string(label)) }
        if let error = event.error { line.add("error", .string("\(error)")) }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            line.add(ServiceLogHandler.reserved.contains(name) ? "_" + name : name, value)
        }
        log.write(line)
    }
}

/// One service's log: format, level and sink, shared by all its loggers.
public final class ServiceLog: Sendable {
    let service: String
    let format: LogFormat
    let level: Logger.Level
    let now: @Sendable () -> Date
    private let sink: any LogSink
    private let droppedLines = Atomic<Int>(0)

    /// Makes a log that writes to a sink.
    public convenience init(
        service: String, format: LogFormat, level: Logger.Level, sink: any LogSink = StandardErrorSink()
    ) {
        self.init(service: service, format: format, level: level, sink: sink, now: { Date() })
    }

    init(
        service: String, format: LogFormat, level: Logger.Level, sink: any LogSink, now: @escaping @Sendable () -> Date
    ) {
        self.service = service
        self.format = format
        self.level = level
        self.sink = sink
        self.now = now
    }

    /// A logger of this log; its label is a field of its lines unless it is the service's name.
    public func logger(_ label: String) -> Logger {
        Logger(label: label) { ServiceLogHandler(label: $0, log: self) }
    }

    /// Makes this the log of the whole process, libraries included; once a process.
    public func bootstrap() {
        LoggingSystem.bootstrap(
            { [self] label, provider in ServiceLogHandler(label: label, log: self, metadataProvider: provider) },
            metadataProvider: nil)
    }

    func write(_ line: consuming LogLine) {
        let dropped = droppedLines.exchange(0, ordering: .relaxed)
        if dropped > 0 { line.add("dropped", .stringConvertible(dropped)) }
        if !sink.write(line.finished()) {
            droppedLines.add(dropped + 1, ordering: .relaxed)
        }
    }
}
