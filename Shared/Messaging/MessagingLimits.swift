import Contracts

/// Every bound of the runtime: batches, buffers, retries, retention and time-outs.
public struct MessagingLimits: Sendable {
    // MARK: Intake

    /// Unacknowledged commands or events at once on one queue: enough that the next batch is there when one is done.
    public var prefetch = 1_024
    /// Unacknowledged queries at once.
    public var queryPrefetch = 128
    /// Unacknowledged dead letters at once.
    public var deadPrefetch = 64
    /// Database connections for commands, events, bulk work, dead letters and the schedule.
    public var workConnections = 4
    /// Database connections for queries.
    public var readingConnections = 2
    /// Deliveries taken from a queue at once.
    public var intakeMax = 512
    /// Queries answered at once.
    public var queriesAtOnce = 16
    /// Longest id, source or type that is taken from a message, in bytes.
    public var attributeBytesMax = 255
    /// Deepest nesting of JSON that is decoded.
    public var jsonDepthMax = 32
    /// Largest body that the broker takes.
    public var bodyBytesMax = 1 << 20

    /// Unacknowledged operators' acts at once.
    public var controlPrefetch = 16
    /// How often an instance looks whether its intake is paused.
    public var intakePoll = Duration.milliseconds(500)

    // MARK: Failures

    /// Messages filed in one transaction.
    public var filingBatchMax = 64
    /// Longest reason that is filed, in bytes.
    public var reasonBytesMax = 500
    /// About how many bytes of failed messages, or of a failed message's body, are shown at once; the answer has to fit into
    /// a message.
    public var shownBytesMax = 256 << 10
    /// The same for what a failed message was before it was edited, which is shown beside it.
    public var originalShownBytesMax = 64 << 10
    /// How many bytes of a failed message, and of what it was before, are shown in the clear: each may be six in an answer.
    public var revealedBytesMax = 80 << 10
    /// Attempts that are kept of each failed message, the newest.
    public var attemptsKeptMax = 100
    /// Acts of operators that are shown of a failed message, the newest.
    public var actsShownMax = 50
    /// Fields that an edit names; of more it says so.
    public var editedFieldsMax = 50
    /// Groups of failed messages in an answer, the largest.
    public var failureGroupsMax = 500
    /// How often a batch that met a conflict is run again as a whole before it is bisected.
    public var wholeBatchAttempts = 3
    /// When a parked message is tried again, counted from the failure; after the last it has failed.
    public var retryDelays: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(120), .seconds(600)]
    /// Parked messages that are tried again in one transaction; few, because live messages may want the same rows.
    ///
    /// A redrive of 10,000 took 16 s so, and more than two minutes one at a time.
    public var retryBatchMax = 64
    /// Bytes of messages that are tried again in one transaction.
    public var retryBytesMax = 4 << 20
    /// How long a service waits before it looks whether its database is back.
    public var databasePause = Duration.milliseconds(250)

    // MARK: Replies, at each outlet

    /// Largest answer kept for a repeated command.
    public var keptReplyBytesMax = 4_096
    /// Answers on their way at once before the queues wait; each queue may add those of one batch to them.
    public var repliesOpenMax = 4_096

    // MARK: Outbox, at each outlet

    /// Rows held in memory between commit and confirm; the rest are read back from the table.
    public var outboxRowsInMemoryMax = 16_384
    /// Rows published as one group.
    public var outboxBatchMax = 512
    /// Groups on their way at once.
    public var outboxBatchesAtOnce = 4
    /// How long a transaction, with its locks, waits for the outbox to have a session.
    public var outboxOwnerWait = Duration.seconds(2)
    /// How often rows of instances that are gone are looked for.
    public var outboxSweepInterval = Duration.seconds(5)
    /// Rows taken over by one statement, which has to end before the statement time-out.
    public var outboxClaimMax = 20_000
    /// The wait after a publish that the broker refused.
    public var outboxRefusedPause = Duration.milliseconds(500)
    /// When a message is tried again that the broker does not take as it is: an exchange is missing, a right is.
    public var outboxSetAsidePause = Duration.seconds(30)

    // MARK: Schedule

    /// The longest sleep of the schedule: it wakes at the earliest due time, and this often besides.
    public var schedulePoll = Duration.seconds(5)
    /// The shortest sleep of the schedule: what is due may be in the hands of another instance.
    public var schedulePauseMin = Duration.milliseconds(20)
    /// The sleep of the schedule after an error.
    public var schedulePauseAfterError = Duration.seconds(1)
    /// Rows moved by one statement.
    public var scheduleBatchMax = 500

    // MARK: Jobs

    /// The longest wait of a background job that found nothing to do; a commit of the service's handlers ends it.
    public var jobPoll = Duration.seconds(1)
    /// The longest pause of a background job that fails again and again.
    public var jobPauseMax = Duration.seconds(5)

    /// Rows of the audit that are sealed in one transaction.
    public var auditSealMax = 1_000

    // MARK: Persons

    /// Stored messages that are looked through at once for a person.
    public var personalPageMax = 500
    /// Most bytes of a person's data in one answer: twice as JSON within JSON, it has to fit into a message.
    public var personalBytesMax = 450 << 10

    // MARK: Retention

    /// How long an inbox row is kept: the time in which a repeat is recognised.
    public var inboxRetention = Duration.seconds(7 * 24 * 3600)
    /// How long failures that were mended or given up are kept, with what operators did about them.
    public var failureRetention = Duration.seconds(90 * 24 * 3600)
    /// Rows deleted by one statement.
    public var retentionChunk = 5_000
    /// How often retention is enforced.
    public var retentionInterval = Duration.seconds(60)

    // MARK: Figures

    /// How often is read what nobody counts as it happens: rows, connections, lags.
    public var figuresInterval = Duration.seconds(10)
    /// Rows that are counted in one table; more are not told from so many.
    public var countedRowsMax = 100_000

    // MARK: Shutdown and copies

    /// Longest time for the batches in hand once the service has been told to stop.
    public var finishTimeout = Duration.seconds(6)
    /// Longest time that a drain may take.
    public var drainTimeout = Duration.seconds(6)
    /// How long an incomplete copy is waited for before it is asked for again; doubled each time, because every request is
    /// answered with everything there is.
    public var copyRequestInterval = Duration.seconds(5)
    /// Where that stops growing.
    public var copyRequestIntervalMax = Duration.seconds(120)

    /// The defaults.
    public init() {}

    /// Unacknowledged messages at once on one queue.
    func prefetch(of queue: QueueName) -> Int {
        switch queue {
        case .commands, .bulk, .events: prefetch
        case .queries: queryPrefetch
        case .control: controlPrefetch
        case .dead: deadPrefetch
        }
    }
}
