/// Every bound of a connection to the broker: sizes, windows, delays and time-outs.
///
/// The defaults suit a service; tests shorten the times.
public struct AMQPLimits: Sendable {
    // MARK: Liveness

    /// What we ask of the broker as heartbeat; either side gives up after two of them in silence.
    public var heartbeatSeconds = 15
    /// How often an idle connection enters the library, which serves heartbeats only while it waits for a frame.
    public var tick = Duration.seconds(1)
    /// Longest stay inside one library call before the watchdog shuts the socket down: `amqp_basic_publish` of 0.11 has no
    /// time-out and hangs against a silent peer, heartbeats or not.
    public var libraryCallMax = Duration.seconds(10)
    /// Longest wait for TCP and TLS, and again for the login.
    public var connectTimeout = Duration.seconds(8)
    /// Longest wait for the answer to one synchronous request (declare, open, close).
    public var requestTimeout = Duration.seconds(5)

    // MARK: Reconnecting

    /// The delay before the first attempt to connect again; each further one doubles it, with jitter.
    public var reconnectDelayMin = Duration.milliseconds(100)
    /// Where the reconnect delay stops growing.
    public var reconnectDelayMax = Duration.seconds(10)
    /// The delay before subscribing again after the broker has cancelled a consumer (its queue was deleted).
    public var resubscribeDelay = Duration.milliseconds(500)

    // MARK: Publishing

    /// How many messages may be unconfirmed at once.
    ///
    /// A quorum queue takes 9,900 messages a second with 192 of them unconfirmed and 70,000 with 3,000.
    public var confirmWindow = 2000
    /// How far the oldest unconfirmed message may lie behind the newest sent, in messages: one queue may fail to confirm
    /// while others do.
    public var confirmSpan = 100_000
    /// Longest body we send; larger ones are refused here.
    ///
    /// The broker's `max_message_size` is set to the same number.
    public var messageBytesMax = 1 << 20
    /// Longest header table we send, in its encoded size: it has to fit into one frame.
    public var headerBytesMax = 64 << 10
    /// Bytes written between two looks at whether the socket still takes more.
    public var writeBurstBytes = 64 << 10
    /// How long `close()` waits for the confirms that are still missing.
    public var flushTimeout = Duration.seconds(5)

    // MARK: Consuming

    /// Buffered deliveries above this many bytes stop the reading of the socket until half of them are taken.
    public var intakeBytesMax = 16 << 20
    /// Nesting of received headers beyond this is cut off, and the delivery says so.
    public var headerDepthMax = 8
    /// Values kept of a received header table, all levels together.
    public var headerValuesMax = 512
    /// Longest time an acknowledgement outside the settled prefix waits for the prefix to reach it.
    public var acknowledgeDelay = Duration.milliseconds(20)

    /// The defaults.
    public init() {}
}
