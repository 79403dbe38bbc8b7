/// Labels that several metrics have.
private enum Label {
    static let queue = "messaging.destination.name"
    static let type = "messaging.message.type"
    static let operation = "messaging.operation.name"
    static let connection = "connection"
    static let pool = "db.client.connection.pool.name"
}

// MARK: Messages

extension Metric {
    static let consumed = Metric(
        "messaging.client.consumed.messages", .counter, by: [Label.queue, Label.type],
        "Messages taken from a queue and handled, refused or filed.")
    static let redelivered = Metric(
        "citycoop.redelivered.messages", .counter, by: [Label.queue],
        "Messages that the broker had delivered before: somebody had them in hand and went, or gave them back.")
    static let handedBack = Metric(
        "citycoop.handed.back.messages", .counter, by: [Label.queue],
        "Messages given back to their queue, because the database was away or the service stopped.")
    static let batch = Metric(
        "citycoop.batch.messages", .sizes, by: [Label.queue, Label.type], "Messages in one transaction.")
    static let conflicts = Metric(
        "citycoop.conflicts", .counter, by: [Label.queue],
        "Transactions run again because another one was in the way.")
    static let processing = Metric(
        "messaging.process.duration", .durations, by: [Label.queue, Label.type],
        "Time from taking up a batch, or a query, to its commit and acknowledgement.")
    static let age = Metric(
        "citycoop.message.age", .ages, by: [Label.queue],
        "Age of the oldest message of a batch when it was taken up: how long the queue lets messages wait.")
    static let sent = Metric(
        "messaging.client.sent.messages", .counter, by: [Label.operation, Label.type],
        "Messages that the broker has confirmed.")
    static let confirming = Metric(
        "messaging.client.operation.duration", .durations, by: [Label.operation],
        "Time from handing a group of messages to the connection until the broker has confirmed the last of them.")
    static let repeated = Metric(
        "citycoop.inbox.repeated.messages", .counter, "Messages that had been taken before; they had no second effect.")
    static let expired = Metric(
        "citycoop.expired.messages", .counter, "Messages dropped after their deadline: nobody waits for them any more.")
    static let erased = Metric(
        "citycoop.erased.messages", .counter, "Messages not handled because the person they are about is erased.")
    static let unroutableReplies = Metric(
        "citycoop.replies.unroutable.messages", .counter, "Answers that could not be delivered: the asker has gone.")
    static let forbiddenReplies = Metric(
        "citycoop.replies.forbidden.messages", .counter,
        "Messages that wanted their answer in a queue which is not for answers.")
    static let lateReplies = Metric(
        "citycoop.requests.late.replies", .counter, "Answers that came after their deadline.")
    static let buffered = Metric(
        "citycoop.intake.buffered.bytes", .gauge, by: [Label.queue], "Bytes delivered that are not taken up yet.")
}

// MARK: Outbox, schedule, failures, jobs

extension Metric {
    static let outboxRows = Metric(
        "citycoop.outbox.messages", .gauge,
        "Messages committed and not confirmed by the broker yet; what is above 100,000 is not counted.")
    static let outboxAge = Metric(
        "citycoop.outbox.oldest.age.seconds", .gauge, "Age of the oldest message in the outbox.")
    static let outboxRefused = Metric(
        "citycoop.outbox.refused.messages", .counter,
        "Publishes that the broker refused or lost, and that are repeated.")
    static let outboxSetAside = Metric(
        "citycoop.outbox.set.aside.messages", .counter,
        "Messages that the broker does not take as they are; they are tried again later.")
    static let outboxClaimed = Metric(
        "citycoop.outbox.claimed.messages", .counter, "Messages taken over from an instance that is gone.")
    static let scheduleRows = Metric(
        "citycoop.schedule.messages", .gauge, "Messages that wait for their time; above 100,000 not counted.")
    static let scheduleLate = Metric(
        "citycoop.schedule.late.seconds", .gauge, "For how long the oldest message in the schedule has been due.")
    static let scheduleMoved = Metric(
        "citycoop.schedule.moved.messages", .counter, "Messages whose time had come.")
    static let failures = Metric(
        "citycoop.failures", .counter, by: ["code"], "Messages that could not be handled, by the reason.")
    static let openFailures = Metric(
        "citycoop.failures.open.messages", .gauge, by: ["state"],
        "Messages that are parked, to be tried again, or have failed and wait for an operator.")
    static let retries = Metric(
        "citycoop.retries", .counter, by: ["outcome"],
        "Attempts at parked messages: mended, again (and parked again), given-up.")
    static let jobFailures = Metric(
        "citycoop.job.failures", .counter, by: ["job_name"], "Runs of background jobs that failed; they are repeated.")
    static let unsealed = Metric(
        "citycoop.audit.unsealed.rows", .gauge, "Rows of the audit that are not chained yet; above 100,000 not counted."
    )
}

// MARK: Connections and process

extension Metric {
    static let connected = Metric(
        "citycoop.broker.connected", .gauge, by: [Label.connection],
        "Whether a connection to the broker is there: 1 or 0.")
    static let blocked = Metric(
        "citycoop.broker.blocked", .gauge, by: [Label.connection],
        "Whether the broker takes nothing from a connection, because of an alarm: 1 or 0.")
    static let disconnects = Metric(
        "citycoop.broker.disconnects", .counter, by: [Label.connection],
        "Times that a connection to the broker was lost or could not be made.")
    static let poolConnections = Metric(
        "db.client.connection.count", .gauge, by: [Label.pool, "db.client.connection.state"],
        "Connections to the database, idle or used.")
    static let poolMax = Metric(
        "db.client.connection.max", .gauge, by: [Label.pool], "The most connections that a pool opens.")
    static let poolWaiting = Metric(
        "db.client.connection.pending_requests", .gauge, by: [Label.pool], "Those who wait for a connection.")
    static let poolWait = Metric(
        "db.client.connection.wait_time", .durations, by: [Label.pool],
        "How long those waited who had to: whoever finds a connection idle is not counted.")
    static let lag = Metric(
        "citycoop.loop.lag", .durations, by: ["loop"],
        "How late a thread gets to its work: of a connection, or of the tasks' pool. Measured every few seconds.")
    /// Said by the exporter of spans.
    public static let spans = Metric(
        "citycoop.trace.spans", .counter, by: ["outcome"],
        "Spans that were exported, dropped because there were too many, or failed to reach the collector.")
    /// Said by the service about itself, at each scrape.
    public static let ready = Metric(
        "citycoop.ready", .gauge, by: ["check"], "Whether the service finds this part of itself ready: 1 or 0.")
    /// Said once, when a service starts.
    public static let release = Metric(
        "citycoop.release.info", .gauge, by: ["version"], "Always 1; the release is in the label.")
}

extension Metric {
    /// Every metric of the suite, in the order in which the README lists them.
    public static let all = [
        consumed, redelivered, handedBack, batch, conflicts, processing, age, sent, confirming, repeated, expired,
        erased,
        unroutableReplies, forbiddenReplies, lateReplies, buffered,
        outboxRows, outboxAge, outboxRefused, outboxSetAside, outboxClaimed, scheduleRows, scheduleLate, scheduleMoved,
        failures, openFailures, retries, jobFailures, unsealed,
        connected, blocked, disconnects, poolConnections, poolMax, poolWaiting, poolWait, lag, spans, ready, release,
    ]
}
