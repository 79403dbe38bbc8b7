import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Sends what transactions have committed to the outbox, and deletes it when the broker has confirmed it.
///
/// Rows go out from memory right after their commit. Above a bound they stay in the table only and are read back, oldest
/// first, when memory has drained. Every row names its owner: a number whose advisory lock the relay's own session holds, so
/// that another instance takes rows over only when this one is gone. A lost session means a new number; the rows of the old
/// are then claimed like those of any instance that is gone, which may send a message twice under one id, and never loses one.
actor OutboxRelay {
    /// Leave to write rows under an owner, taken before the commit and settled after it.
    struct Admission: Sendable {
        let owner: Int64
        fileprivate let count: Int
        fileprivate let isInMemory: Bool
    }

    private struct Epoch {
        let owner: Int64
        /// Rows admitted to memory whose fate is open, or that are not deleted yet.
        var inMemory = 0
        /// Rows admitted to the table whose commit is open.
        var openStored = 0
        /// How often rows went to the table past memory: a read that began before the last of them proves nothing.
        var storedCount = 0
        /// There may be rows in the table that memory does not know.
        var hasBacklog = false
        /// Set when a commit was in doubt: the session is given up, so that the rows, if there are any, get claimed.
        var isOver = false
    }

    private let source: ServiceName
    private let connect: @Sendable () async throws -> Connection
    private let publisher: any MessagePublishing
    private let seal: Seal
    private let limits: MessagingLimits
    private let logger: Logger

    private var epoch: Epoch?
    private var pending: [OutgoingRecord] = []
    private var confirmed: [UUID] = []
    private var batchesOnTheirWay = 0
    private var isStopping = false
    private let changed = Wakeup()
    private let confirmedChanged = Wakeup()
    private let ownerKnown = Wakeup()

    private let sentMessages: Counter
    private let refusedMessages: Counter

    init(
        source: ServiceName, publisher: any MessagePublishing, seal: Seal, limits: MessagingLimits, logger: Logger,
        connect: @escaping @Sendable () async throws -> Connection
    ) {
        self.source = source
        self.connect = connect
        self.publisher = publisher
        self.seal = seal
        self.limits = limits
        self.logger = logger
        sentMessages = Counter(
            label: "messaging.client.sent.messages", dimensions: [("messaging.operation.name", "publish")])
        refusedMessages = Counter(label: "citycoop.outbox.refused.messages")
    }

    // MARK: For transactions

    /// Waits for an owner number and reserves room for `count` rows. Every admission must be settled, once.
    func admit(_ count: Int) async throws -> Admission {
        while true {
            try Task.checkCancellation()
            let seen = ownerKnown.count
            if var current = epoch, !current.isOver {
                let isInMemory = !current.hasBacklog && current.inMemory + count <= limits.outboxRowsInMemoryMax
                if isInMemory {
                    current.inMemory += count
                } else {
                    current.hasBacklog = true
                    current.openStored += 1
                    current.storedCount += 1
                }
                epoch = current
                return Admission(owner: current.owner, count: count, isInMemory: isInMemory)
            }
            await ownerKnown.wait(beyond: seen)
        }
    }

    /// The rows are committed.
    func committed(_ admission: Admission, _ records: [OutgoingRecord]) {
        // Rows of an earlier number are somebody else's by now: whoever claims them sends them.
        guard epoch?.owner == admission.owner else { return }
        if admission.isInMemory {
            pending.append(contentsOf: records)
        } else {
            epoch?.openStored -= 1
        }
        changed.signal()
    }

    /// The transaction was rolled back.
    func abandoned(_ admission: Admission) {
        guard epoch?.owner == admission.owner else { return }
        if admission.isInMemory { epoch?.inMemory -= admission.count } else { epoch?.openStored -= 1 }
        changed.signal()
    }

    /// Nobody knows whether the rows are committed, and a commit may still come: the number is given up.
    func inDoubt(_ admission: Admission) {
        guard epoch?.owner == admission.owner else { return }
        epoch?.isOver = true
        changed.signal()
    }

    /// There are rows under this number that memory does not know: what the schedule moved, what was claimed.
    func noteBacklog(of owner: Int64) {
        guard epoch?.owner == owner else { return }
        epoch?.hasBacklog = true
        epoch?.storedCount += 1
        changed.signal()
    }

    /// The present owner number, if there is one.
    var owner: Int64? { epoch.flatMap { $0.isOver ? nil : $0.owner } }

    // MARK: Life

    /// Runs until ``stop()``, over lost sessions.
    func run() async {
        var failures = 0
        while !isStopping && !Task.isCancelled {
            do {
                let connection = try await connect()
                let owners = try await connection.execute(BecomeOwner())
                guard let owner = owners.first else { continue }
                failures = 0
                begin(owner)
                await runEpoch(connection)
                await connection.close()
            } catch {
                failures += 1
                logger.warning("outbox has no session", metadata: ["error": "\(error)"])
                await Pause.growing(attempt: failures, upTo: .seconds(5))
            }
            endEpoch()
        }
    }

    /// Ends ``run()`` once everything in memory is sent, confirmed and deleted, or `deadline` has passed.
    func stop(by deadline: ContinuousClock.Instant) async {
        while let current = epoch, !current.isOver, current.inMemory > 0, deadline > .now {
            let seen = changed.count
            await changed.wait(beyond: seen, until: deadline)
        }
        isStopping = true
        epoch?.isOver = true
        changed.signal()
        confirmedChanged.signal()
    }

    private func begin(_ owner: Int64) {
        epoch = Epoch(owner: owner, hasBacklog: true)
        pending = []
        confirmed = []
        ownerKnown.signal()
        changed.signal()
    }

    private func endEpoch() {
        epoch = nil
        pending = []
        confirmed = []
    }

    /// Sends, deletes, reads back and claims until the session is lost or given up.
    private func runEpoch(_ connection: Connection) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.deleteConfirmed(connection) }
            group.addTask { await self.claimOrphans(connection) }
            group.addTask {
                await connection.waitUntilClosed()
                await self.giveUp()
            }
            await withDiscardingTaskGroup { sends in
                while let batch = await self.nextBatch(connection) {
                    sends.addTask { await self.send(batch) }
                }
                // What is on its way gets its confirms only from a publisher that is alive; do not wait for those.
                sends.cancelAll()
            }
            confirmedChanged.signal()
            group.cancelAll()
        }
    }

    private func giveUp() {
        epoch?.isOver = true
        changed.signal()
        confirmedChanged.signal()
    }

    // MARK: Sending

    /// Waits for rows to send and for room to send them; `nil` when the epoch is over.
    private func nextBatch(_ connection: Connection) async -> [OutgoingRecord]? {
        while let current = epoch, !current.isOver, !Task.isCancelled {
            let seen = changed.count
            if batchesOnTheirWay < limits.outboxBatchesAtOnce {
                if !pending.isEmpty {
                    let batch = Array(pending.prefix(limits.outboxBatchMax))
                    pending.removeFirst(batch.count)
                    batchesOnTheirWay += 1
                    return batch
                }
                if current.hasBacklog && current.inMemory == 0 {
                    guard await readBack(connection) else { return nil }
                    continue
                }
            }
            await changed.wait(beyond: seen)
        }
        return nil
    }

    /// Reads rows that memory does not know; `false` if it could not.
    ///
    /// Memory is empty and stays so meanwhile, because a backlog admits nothing to it. The backlog is over when there are no
    /// rows, no transaction was about to add some when the read began, and none has since.
    private func readBack(_ connection: Connection) async -> Bool {
        guard let before = epoch else { return false }
        let max = limits.outboxBatchMax * limits.outboxBatchesAtOnce
        let stored: [StoredRecord]
        do {
            stored = try await connection.execute(ReadOutbox(owner: before.owner, max: Int64(max)))
        } catch {
            logger.warning("outbox cannot be read", metadata: ["error": "\(error)"])
            giveUp()
            return false
        }
        let records = stored.compactMap(open)
        epoch?.inMemory += records.count
        pending.append(contentsOf: records)
        if records.isEmpty {
            if stored.isEmpty && before.openStored == 0 && epoch?.storedCount == before.storedCount {
                epoch?.hasBacklog = false
            } else {
                await Pause.sleep(limits.outboxBacklogPause)
            }
        }
        return true
    }

    private func open(_ row: StoredRecord) -> OutgoingRecord? {
        do {
            return try row.opened(seal)
        } catch {
            logger.critical("a stored message cannot be opened", metadata: ["id": "\(row.id)", "error": "\(error)"])
            return nil
        }
    }

    private func send(_ batch: [OutgoingRecord]) async {
        let confirmations = await publisher.publish(batch.map { $0.message(source: source) })
        var again: [OutgoingRecord] = []
        for (record, confirmation) in zip(batch, confirmations) {
            switch confirmation {
            case .confirmed, .returned:
                confirmed.append(record.id)
            case .lost:
                again.append(record)
            case .refused:
                again.append(record)
            case .unacceptable(let error):
                again.append(record)
                logger.error(
                    "the broker does not take a message",
                    metadata: ["id": "\(record.id)", "type": "\(record.type)", "error": "\(error)"])
            }
        }
        sentMessages.increment(by: batch.count - again.count)
        if !again.isEmpty && !Task.isCancelled {
            refusedMessages.increment(by: again.count)
            await Pause.sleep(limits.outboxRefusedPause)
            pending.insert(contentsOf: again, at: 0)
        }
        batchesOnTheirWay -= 1
        confirmedChanged.signal()
        changed.signal()
    }

    // MARK: Deleting and claiming

    private func deleteConfirmed(_ connection: Connection) async {
        while let current = epoch, !current.isOver || !confirmed.isEmpty {
            let seen = confirmedChanged.count
            let ids = confirmed
            if ids.isEmpty {
                if Task.isCancelled { return }
                await confirmedChanged.wait(beyond: seen)
                continue
            }
            confirmed = []
            do {
                _ = try await connection.execute(DeleteSent(ids: ids.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }))
            } catch {
                logger.warning("outbox cannot be emptied", metadata: ["error": "\(error)"])
                giveUp()
                return
            }
            if epoch?.owner == current.owner {
                epoch?.inMemory -= ids.count
                changed.signal()
            }
        }
    }

    private func claimOrphans(_ connection: Connection) async {
        while let current = epoch, !current.isOver, !Task.isCancelled {
            do {
                let claimed: Int64 = try await connection.execute(ClaimOrphans(owner: current.owner)).first ?? 0
                if claimed > 0 {
                    logger.notice("took over messages of an instance that is gone", metadata: ["count": "\(claimed)"])
                    noteBacklog(of: current.owner)
                }
            } catch {
                logger.warning("outbox cannot be swept", metadata: ["error": "\(error)"])
            }
            await Pause.sleep(limits.outboxSweepInterval)
        }
    }
}
