import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Sends what transactions have committed to the outbox, and deletes it when the broker has confirmed it.
///
/// Rows go out from memory right after their commit. Above a bound they go to the table past memory, marked so, and are read
/// back in the order of their ids. Every row names its owner: a number whose advisory lock the relay's own session holds, so
/// that another instance takes rows over only when this one is gone. A lost session means a new number; the rows of the old
/// are then claimed like those of any instance that is gone, which may send a message twice under one id, and never loses one.
actor OutboxRelay {
    /// Leave to write rows under an owner, taken before the commit and settled after it.
    struct Admission: Sendable {
        let owner: Int64
        /// Whether memory keeps the rows; others are read back from the table.
        let isInMemory: Bool
        fileprivate let count: Int
    }

    /// There is no owner number, and none came within the limit: the database is away, or the service stops.
    struct Away: Error {}

    /// The time under one owner number.
    private struct Epoch {
        let owner: Int64
        /// Rows admitted to memory or read back, and not deleted yet.
        var inMemory = 0
        /// Rows may have come into the table past memory since the last pass over it began.
        var hasBacklog = false
        /// Memory was full: rows go past it until a pass has come to the end of the table, so that the oldest leave first.
        var isBehind = false
        /// The last row of the pass over the table that is under way.
        var cursor: UUID?
        /// Rows read back and not deleted yet: another pass would read them again.
        var readBack: Set<UUID> = []
        /// The session is lost, or given up because a commit was in doubt: the rows get claimed.
        var isOver = false

        /// Whether there is something to read, and nothing would be read twice.
        var mayReadBack: Bool { cursor != nil || (hasBacklog && readBack.isEmpty) }
    }

    private let source: ServiceName
    private let connect: @Sendable () async throws -> Connection
    private let publisher: any MessagePublishing
    private let seal: Seal
    private let limits: MessagingLimits
    private let logger: Logger

    private var epoch: Epoch?
    private var pending: [OutgoingRecord] = []
    /// To be deleted from the table.
    private var confirmed: [UUID] = []
    /// To be moved from the table into the schedule: what the broker does not take as it is, what cannot be opened.
    private var setAside: [UUID] = []
    private var batchesOnTheirWay = 0
    private var isDraining = false
    private var isStopping = false
    private let changed = Wakeup()
    private let settledChanged = Wakeup()
    private let ownerKnown = Wakeup()
    private let orphansKnown = Wakeup()

    private let meters: SendingMeters
    private let tracer: MessageTracer?

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
        tracer = .ofProcess
        meters = SendingMeters("publish", types: Catalogue.events(of: source).map { $0.type })
    }

    // MARK: For transactions

    /// Reserves room for `count` rows under the owner number.
    ///
    /// Every admission must be settled, once. Waits for a number only so long, because the caller has a transaction open and
    /// holds locks.
    func admit(_ count: Int) async throws -> Admission {
        let deadline = ContinuousClock.now + limits.outboxOwnerWait
        while true {
            try Task.checkCancellation()
            let seen = ownerKnown.count
            if let admission = admitNow(count) { return admission }
            guard deadline > .now else { throw Away() }
            await ownerKnown.wait(beyond: seen, until: deadline)
        }
    }

    private func admitNow(_ count: Int) -> Admission? {
        guard var current = epoch, !current.isOver else { return nil }
        let isInMemory = !current.isBehind && current.inMemory + count <= limits.outboxRowsInMemoryMax
        if isInMemory { current.inMemory += count } else { current.isBehind = true }
        epoch = current
        return Admission(owner: current.owner, isInMemory: isInMemory, count: count)
    }

    /// The rows are committed.
    func committed(_ admission: Admission, _ records: [OutgoingRecord]) {
        guard epoch?.owner == admission.owner else {
            // Rows of an earlier number are nobody's by now: whoever claims them sends them.
            orphansKnown.signal()
            return
        }
        if admission.isInMemory { pending.append(contentsOf: records) } else { epoch?.hasBacklog = true }
        changed.signal()
    }

    /// The transaction was rolled back.
    func abandoned(_ admission: Admission) {
        guard epoch?.owner == admission.owner, admission.isInMemory else { return }
        epoch?.inMemory -= admission.count
        changed.signal()
    }

    /// Nobody knows whether the rows are committed, and a commit may still come: the number is given up.
    func inDoubt(_ admission: Admission) {
        if epoch?.owner == admission.owner { giveUp() }
    }

    /// There are rows under this number that memory does not know: what the schedule moved, what was claimed.
    func noteBacklog(of owner: Int64) {
        guard epoch?.owner == owner else { return }
        epoch?.hasBacklog = true
        changed.signal()
    }

    /// The present owner number, if there is one.
    var owner: Int64? { epoch.flatMap { $0.isOver ? nil : $0.owner } }

    // MARK: Life

    /// Runs until ``stop(by:)``, over lost sessions.
    func run() async {
        var failures = 0
        while !isStopping && !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                let connection = try await connect()
                await runEpoch(connection)
                await connection.close()
            } catch {
                logger.warning("outbox has no session", metadata: ["error": "\(error)"])
            }
            failures = start.duration(to: .now) > .seconds(5) ? 0 : failures + 1
            if !isStopping { await Pause.growing(attempt: failures, upTo: .seconds(5)) }
        }
    }

    /// Ends ``run()`` once everything in memory is sent, confirmed and deleted, or `deadline` has passed.
    ///
    /// What is in the table only stays there for the next start.
    func stop(by deadline: ContinuousClock.Instant) async {
        isDraining = true
        while let current = epoch, !current.isOver, current.inMemory > 0, deadline > .now, !Task.isCancelled {
            let seen = changed.count
            await changed.wait(beyond: seen, until: deadline)
        }
        isStopping = true
        giveUp()
    }

    /// Takes a number, then sends, deletes, reads back and claims until the session is lost or given up.
    private func runEpoch(_ connection: Connection) async {
        do {
            guard let owner = try await connection.execute(BecomeOwner()).first else { return }
            epoch = Epoch(owner: owner)
        } catch {
            logger.warning("outbox has no number", metadata: ["error": "\(error)"])
            return
        }
        ownerKnown.signal()
        await work(connection)
        epoch = nil
        pending = []
        confirmed = []
        setAside = []
    }

    private func work(_ connection: Connection) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.emptyTable(connection) }
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
            settledChanged.signal()
            group.cancelAll()
        }
    }

    private func giveUp() {
        epoch?.isOver = true
        changed.signal()
        settledChanged.signal()
    }

    // MARK: Sending

    /// Waits for rows to send and for room to send them; `nil` when the epoch is over.
    private func nextBatch(_ connection: Connection) async -> [OutgoingRecord]? {
        while let current = epoch, !current.isOver, !Task.isCancelled {
            let seen = changed.count
            if current.mayReadBack, !isDraining, pending.count <= limits.outboxBatchMax {
                guard await readBack(connection) else { return nil }
            } else if !pending.isEmpty, batchesOnTheirWay < limits.outboxBatchesAtOnce {
                let batch = Array(pending.prefix(limits.outboxBatchMax))
                pending.removeFirst(batch.count)
                batchesOnTheirWay += 1
                return batch
            } else {
                await changed.wait(beyond: seen)
            }
        }
        return nil
    }

    /// Reads the next rows that went past memory; `false` if it could not.
    ///
    /// A pass goes over the table in the order of ids. Rows that are committed behind it say so, and get a pass of their own.
    private func readBack(_ connection: Connection) async -> Bool {
        guard let before = epoch else { return false }
        if before.cursor == nil { epoch?.hasBacklog = false }
        let max = limits.outboxBatchMax * limits.outboxBatchesAtOnce
        let stored: [StoredRecord]
        do {
            stored = try await connection.execute(
                ReadOutbox(owner: before.owner, after: before.cursor ?? .zero, max: Int64(max)))
        } catch {
            logger.warning("outbox cannot be read", metadata: ["error": "\(error)"])
            giveUp()
            return false
        }
        epoch?.cursor = stored.count < max ? nil : stored.last?.id
        if stored.count < max { epoch?.isBehind = false }
        epoch?.inMemory += stored.count
        for row in stored {
            epoch?.readBack.insert(row.id)
            if let record = open(row) { pending.append(record) } else { setAside.append(row.id) }
        }
        settledChanged.signal()
        return true
    }

    private func open(_ row: StoredRecord) -> OutgoingRecord? {
        do {
            return try row.opened(seal)
        } catch {
            logger.critical("a stored message cannot be opened", metadata: row.logFields.adding(["error": "\(error)"]))
            return nil
        }
    }

    private func send(_ batch: [OutgoingRecord]) async {
        let start = ContinuousClock.now
        let steps = tracer.map { tracer in batch.map { tracer.publish($0) } }
        let messages = batch.enumerated().map { place, record in
            record.message(source: source, sentBy: steps?[place]?.traceparent)
        }
        let confirmations = await publisher.publish(messages)
        meters.settled(since: start)
        var again: [OutgoingRecord] = []
        for (record, confirmation) in zip(batch, confirmations) {
            switch confirmation {
            case .confirmed, .returned:
                confirmed.append(record.id)
            case .lost, .refused:
                again.append(record)
            case .unacceptable(let error):
                // Sent again at once, it would cost the channel again, and with it all that is on its way.
                setAside.append(record.id)
                Meters.outboxSetAside.increment()
                logger.error(
                    "the broker does not take a message",
                    metadata: record.logFields.adding(["error": "\(error)"]))
            }
        }
        settledChanged.signal()
        for (step, confirmation) in zip(steps ?? [], confirmations) { step?.end(failing: confirmation.failureCode) }
        meters.confirmed(types: zip(batch, confirmations).lazy.filter { $1 == .confirmed }.map(\.0.type))
        if !again.isEmpty && !Task.isCancelled {
            Meters.outboxRefused.increment(by: again.count)
            await Pause.sleep(limits.outboxRefusedPause)
            pending.insert(contentsOf: again, at: 0)
        }
        batchesOnTheirWay -= 1
        changed.signal()
    }

    // MARK: Deleting and claiming

    /// Deletes what is confirmed, and moves what was set aside, until the epoch is over and all that is done.
    private func emptyTable(_ connection: Connection) async {
        while let current = epoch, !current.isOver || !confirmed.isEmpty || !setAside.isEmpty {
            let seen = settledChanged.count
            let (sent, aside) = (confirmed, setAside)
            if sent.isEmpty && aside.isEmpty {
                if Task.isCancelled { return }
                await settledChanged.wait(beyond: seen)
                continue
            }
            (confirmed, setAside) = ([], [])
            do {
                if !sent.isEmpty { _ = try await connection.execute(DeleteSent(ids: sent.sorted())) }
                if !aside.isEmpty {
                    let pause = limits.outboxSetAsidePause.inSeconds
                    _ = try await connection.execute(SetAside(ids: aside.sorted(), seconds: pause))
                }
            } catch {
                logger.warning("outbox cannot be emptied", metadata: ["error": "\(error)"])
                giveUp()
                return
            }
            epoch?.inMemory -= sent.count + aside.count
            if !current.readBack.isEmpty { epoch?.readBack.subtract(sent + aside) }
            changed.signal()
        }
    }

    /// Takes over the rows of instances that are gone; and has the table read, in case a commit was not noticed.
    private func claimOrphans(_ connection: Connection) async {
        while let current = epoch, !current.isOver, !Task.isCancelled {
            let seen = orphansKnown.count
            do {
                let max = Int64(limits.outboxClaimMax)
                let claims: [Int64] = try await connection.execute(ClaimOrphans(owner: current.owner, max: max))
                let claimed = claims.first ?? 0
                if claimed > 0 {
                    Meters.outboxClaimed.increment(by: claimed)
                    logger.notice("took over messages of an instance that is gone", metadata: ["count": "\(claimed)"])
                }
                noteBacklog(of: current.owner)
                if claimed == max { continue }
            } catch {
                logger.warning("outbox cannot be swept", metadata: ["error": "\(error)"])
            }
            await orphansKnown.wait(beyond: seen, until: .now + limits.outboxSweepInterval)
        }
    }
}

extension UUID {
    /// Before all others.
    fileprivate static let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}

extension Confirmation {
    /// Why a message is not with the broker; nil if it is.
    ///
    /// An event that nobody wanted has arrived as well as can be.
    fileprivate var failureCode: String? {
        switch self {
        case .confirmed, .returned: nil
        case .refused: "refused"
        case .lost: "connection-lost"
        case .unacceptable: "unacceptable"
        }
    }
}
