/// Every bound of tracing.
public struct OTLPLimits: Sendable {
    /// Finished spans that wait for the collector; what is beyond is dropped and counted.
    public var spansMax = 4_096
    /// Spans in one request.
    public var batchMax = 512
    /// So many spans that wait end the exporter's rest.
    public var batchWanted = 256
    /// The longest rest of the exporter.
    public var interval = Duration.seconds(2)
    /// The shortest rest after a request, so that a flood of spans leaves the processors to those who work.
    public var pauseMin = Duration.milliseconds(50)
    /// How long the collector may take for each step of a request.
    public var timeout = Duration.seconds(5)
    /// The first pause after a failure; doubled each time.
    public var failurePauseMin = Duration.seconds(1)
    /// The longest pause after failures.
    public var failurePauseMax = Duration.seconds(30)
    /// Attributes of one span; more are left out.
    public var attributesMax = 32
    /// Links of one span; more are left out.
    public var linksMax = 32
    /// Events of one span; more are left out.
    public var eventsMax = 16
    /// Longest text in an attribute, in Unicode scalars.
    public var textMax = 256

    /// The defaults.
    public init() {}
}
