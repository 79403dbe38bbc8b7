import AMQP
import Contracts
import FoundationEssentials
import Metrics
import Postgres

/// A message failed, and its person was erased meanwhile: it is not filed, and refused when it comes again.
struct PersonWasErased: Error {}

/// Handles or files messages in one transaction each group: take what is new, decide, write, commit.
struct InboxTransactions: Sendable {
    let source: ServiceName
    let queue: String
    let database: Pool
    /// Where answers and messages leave after the commit.
    let outlet: Outlet
    let seal: Seal
    let limits: MessagingLimits
    /// Who is who before anybody was granted anything.
    var access = AccessPolicy()
    /// Signalled when handled messages are committed; wakes the background jobs.
    var handled = Wakeup()
    /// Signalled when something was committed that is due sooner than the schedule may expect.
    var due = Wakeup()

    /// Handles messages of one route; throws what the handler or the database throws, and then nothing has happened.
    func handle(_ incoming: [Incoming], by route: any Route) async throws {
        try await database.withConnection { connection in
            let coder = BodyCoder(limits: limits)
            var work = MessageTransaction(on: connection, coder: coder, limits: limits)
            var answers: [OutgoingMessage] = []
            let fresh: [Incoming]
            do {
                let taken = try await take(
                    incoming.map { ($0.key, $0.content) }, as: .done, asking: usersToAsk(for: incoming, by: route),
                    of: ErasedPersons(incoming.map(\.message), seal), in: &work)
                let refused = refused(incoming, by: route, grants: taken.grants, at: work.now)
                answers += try refuse(
                    refused.sorted().map { incoming[$0] },
                    taken: refused.intersection(taken.fresh).map { incoming[$0].key }, coder, in: &work)
                let new = incoming.indices.filter { taken.fresh.contains($0) && !refused.contains($0) }
                fresh = new.filter { !taken.erased.contains($0) }.map { incoming[$0] }
                for place in new where taken.erased.contains(place) {
                    answers += refuse(incoming[place], .personErased, coder, in: &work)
                }
                for (index, row) in taken.repeated where !refused.contains(index) {
                    if let answer = try answer(repeated: incoming[index], row, route, coder, in: &work) {
                        answers.append(answer)
                    }
                }
                if !fresh.isEmpty { try await route.handle(fresh, in: &work) }
                if let failure = work.outgoing.failure { throw failure }
                try keepReplies(fresh, route, in: &work)
            } catch {
                await work.rollback()
                throw error
            }
            for (position, answer) in work.outgoing.answers where fresh.indices.contains(position) {
                if let message = answer.message(to: fresh[position].envelope, source: source, at: work.now) {
                    answers.append(message)
                }
            }
            try await finish(work, answers)
            handled.signal()
        }
    }

    /// Runs `body` in a transaction that no message asked for.
    func perform<Value>(_ body: (inout MessageTransaction) async throws -> Value) async throws -> Value {
        try await database.withConnection { connection in
            var work = MessageTransaction(on: connection, coder: BodyCoder(limits: limits), limits: limits)
            let value: Value
            do {
                try await work.begin()
                value = try await body(&work)
                if let failure = work.outgoing.failure { throw failure }
            } catch {
                await work.rollback()
                throw error
            }
            try await finish(work)
            return value
        }
    }

    /// Files messages that cannot be handled.
    func file(_ defective: [Defective]) async throws {
        try await database.withConnection { connection in
            let coder = BodyCoder(limits: limits)
            var work = MessageTransaction(on: connection, coder: coder, limits: limits)
            do {
                let named = defective.filter { $0.key != nil && $0.isFiled }
                let taken = try await take(
                    named.compactMap { message in message.key.map { ($0, message.content) } }, as: .failed, in: &work)
                for (index, message) in named.enumerated() where taken.fresh.contains(index) {
                    try file(message, state: FailureCode.failed, key: message.key, in: &work)
                }
                for (index, row) in taken.repeated where row.content != named[index].content {
                    var reused = named[index]
                    reused.problem = .idReused
                    try file(reused, state: FailureCode.failed, key: nil, in: &work)
                }
                for message in defective where message.key == nil && message.isFiled {
                    try file(message, state: FailureCode.failed, key: nil, in: &work)
                }
            } catch {
                await work.rollback()
                throw error
            }
            Meters.expired.increment(by: defective.count { !$0.isFiled })
            let now = Date()
            let answers = defective.compactMap { message in
                Answer.problem(message.problem, to: message.envelope.type, coder)
                    .message(to: message.envelope, source: source, at: now)
            }
            try await finish(work, answers)
        }
    }

    /// Parks one message that a handler failed on, to be tried again; or files it as failed, and answers it.
    func park(_ incoming: Incoming, forGood: Bool, code: String, reason: String) async throws {
        let isFailed = forGood || limits.retryDelays.isEmpty
        try await database.withConnection { connection in
            let coder = BodyCoder(limits: limits)
            var work = MessageTransaction(on: connection, coder: coder, limits: limits)
            var answers: [OutgoingMessage] = []
            do {
                let taken = try await take(
                    [(incoming.key, incoming.content)], as: isFailed ? .failed : .parked,
                    of: ErasedPersons([incoming.message], seal), in: &work)
                if taken.fresh.isEmpty {
                    // Another instance has had it meanwhile.
                    return await work.rollback()
                }
                if !taken.erased.isEmpty { throw PersonWasErased() }
                let defective = Defective(
                    envelope: incoming.envelope, body: incoming.body, key: incoming.key, content: incoming.content,
                    problem: Problem(code, reason))
                try file(
                    defective, state: isFailed ? FailureCode.failed : FailureCode.parked, key: incoming.key, in: &work)
                if isFailed {
                    answers = giveUp(incoming.envelope, key: incoming.key, code: code, coder, in: &work)
                }
                work.wakeSchedule()
            } catch {
                await work.rollback()
                throw error
            }
            try await finish(work, answers)
        }
    }

    // MARK: Steps

    /// What has become of messages that were to be taken, by their places.
    struct Taken {
        /// New now.
        var fresh: Set<Int> = []
        /// Taken before, and what they are in the inbox.
        var repeated: [(Int, ReadTaken.Row)] = []
        /// What was granted to the users that were asked for.
        var grants: [Grant] = []
        /// About persons who are erased.
        var erased: Set<Int> = []
    }

    /// Takes what is new, and reads what became of the rest; in the same flight, what was granted to `users`, and which of
    /// the persons are erased.
    ///
    /// Keys are distinct and inserted in sorted order.
    func take(
        _ messages: [(key: InboxKey, content: [UInt8])], as state: InboxState, asking users: [String] = [],
        of persons: ErasedPersons? = nil,
        in work: inout MessageTransaction
    ) async throws -> Taken {
        guard !messages.isEmpty else { return Taken() }
        let order = messages.indices.sorted { messages[$0].key.bytes.lexicographicallyPrecedes(messages[$1].key.bytes) }
        let takeNew = TakeNew(
            queue: queue, keys: order.map { messages[$0].key.bytes }, contents: order.map { messages[$0].content },
            state: state)
        var result = Taken()
        let taken: [[UInt8]]
        switch (persons, users.isEmpty) {
        case (let persons?, _):
            let (keys, grants, _, tombstones) = try await work.execute(
                takeNew, readGrants(of: users), persons.hold, persons.tombstones)
            (taken, result.grants, result.erased) = (keys, grants, persons.places(tombstones))
        case (nil, false): (taken, result.grants) = try await work.execute(takeNew, readGrants(of: users))
        case (nil, true): taken = try await work.execute(takeNew)
        }
        if taken.count == messages.count {
            result.fresh = Set(messages.indices)
            return result
        }
        let freshKeys = Set(taken)
        let fresh = Set(messages.indices.filter { freshKeys.contains(messages[$0].key.bytes) })
        let rest = order.filter { !fresh.contains($0) }
        let rows = try await work.execute(ReadTaken(queue: queue, keys: rest.map { messages[$0].key.bytes }))
        let byKey = Dictionary(rows.map { ($0.key, $0) }) { first, _ in first }
        result.fresh = fresh
        result.repeated = rest.compactMap { index in byKey[messages[index].key.bytes].map { (index, $0) } }
        return result
    }

    /// A message that was taken before: its first answer again; or, with other content, a failure.
    private func answer(
        repeated incoming: Incoming, _ row: ReadTaken.Row, _ route: any Route, _ coder: BodyCoder,
        in work: inout MessageTransaction
    ) throws -> OutgoingMessage? {
        Meters.repeated.increment()
        let answer: Answer
        if row.content != incoming.content {
            let reused = Defective(
                envelope: incoming.envelope, body: incoming.body, key: nil, content: incoming.content,
                problem: .idReused)
            try file(reused, state: FailureCode.failed, key: nil, in: &work)
            answer = .problem(.idReused, to: incoming.envelope.type, coder)
        } else if row.state == InboxState.parked.rawValue {
            answer = .problem(.notHandledYet, to: incoming.envelope.type, coder)
        } else if row.isReplyKept, let reply = row.reply, let kind = row.replyKind.flatMap(Answer.Kind.init) {
            answer = Answer(
                kind: kind, type: Answer.replyType(incoming.envelope.type),
                body: row.replyIsSealed == true ? try seal.open(reply, for: row.key) : reply,
                hasSecret: row.replyIsSealed == true)
        } else {
            let wasHandled = row.state == InboxState.done.rawValue
            answer = .problem(
                wasHandled ? route.keptReply.expired : .notHandled("failed"), to: incoming.envelope.type, coder)
        }
        return answer.message(to: incoming.envelope, source: source, at: work.now)
    }

    /// Keeps the answers of this batch for those who ask again.
    func keepReplies(_ incoming: [Incoming], _ route: any Route, in work: inout MessageTransaction) throws {
        guard !work.outgoing.answers.isEmpty else { return }
        var keep = KeepReplies(queue: queue, keptSeconds: Double(route.keptReply.seconds))
        for (position, answer) in work.outgoing.answers.sorted(by: { $0.key < $1.key })
        where incoming.indices.contains(position) && answer.body.count <= limits.keptReplyBytesMax {
            let key = incoming[position].key.bytes
            keep.keys.append(key)
            keep.kinds.append(answer.kind.rawValue)
            keep.replies.append(answer.hasSecret ? try seal.seal(answer.body, for: key) : answer.body)
            keep.sealed.append(answer.hasSecret)
        }
        work.write(keep)
    }

    /// The answer to a message that has failed for good, kept for those who ask again.
    func giveUp(
        _ envelope: Envelope, key: InboxKey?, code: String, _ coder: BodyCoder, in work: inout MessageTransaction
    ) -> [OutgoingMessage] {
        let problem = code == Problem.notAllowed.code ? .notAllowed : Problem.notHandled(code)
        return refuse(envelope, key: key, problem, coder, in: &work)
    }

    /// The answer to a message that no handler sees, because its person is erased.
    func refuse(
        _ incoming: Incoming, _ problem: Problem, _ coder: BodyCoder, in work: inout MessageTransaction
    ) -> [OutgoingMessage] {
        Meters.erased.increment()
        return refuse(incoming.envelope, key: incoming.key, problem, coder, in: &work)
    }

    /// A refusal that is kept for those who ask again.
    private func refuse(
        _ envelope: Envelope, key: InboxKey?, _ problem: Problem, _ coder: BodyCoder,
        in work: inout MessageTransaction
    ) -> [OutgoingMessage] {
        guard envelope.wantsAnswer else { return [] }
        let answer = Answer.problem(problem, to: envelope.type, coder)
        if let key {
            work.write(
                KeepReplies(
                    queue: queue, keys: [key.bytes], kinds: [answer.kind.rawValue], replies: [answer.body],
                    sealed: [false], keptSeconds: limits.inboxRetention.inSeconds))
        }
        return answer.message(to: envelope, source: source, at: work.now).map { [$0] } ?? []
    }

    /// Writes what leaves, commits, and hands it over: answers, for which somebody waits, before events.
    func finish(_ work: consuming MessageTransaction, _ answers: [OutgoingMessage] = []) async throws {
        let (outgoing, relay) = (work.outgoing, outlet.relay)
        let admission: OutboxRelay.Admission?
        do {
            if !outgoing.scheduled.isEmpty {
                let rows = try StoredRecords(outgoing.scheduled.map(\.record), seal)
                work.write(WriteSchedule(rows: rows, due: outgoing.scheduled.map(\.due)))
            }
            admission = try await admit(outgoing.records, in: &work)
        } catch {
            await work.rollback()
            throw error
        }
        do {
            try await work.commit()
        } catch let error {
            if let admission {
                if error.isCommitInDoubt { await relay.inDoubt(admission) } else { await relay.abandoned(admission) }
            }
            throw error
        }
        if !answers.isEmpty { await outlet.replies.take(answers) }
        if let admission { await relay.committed(admission, outgoing.records) }
        if outgoing.wakesSchedule { due.signal() }
    }

    /// Writes messages into the outbox, if there are any.
    private func admit(
        _ records: [OutgoingRecord], in work: inout MessageTransaction
    ) async throws -> OutboxRelay.Admission? {
        guard !records.isEmpty else { return nil }
        let rows = try StoredRecords(records, seal)
        let admission = try await outlet.relay.admit(records.count)
        work.write(WriteOutbox(owner: admission.owner, isInMemory: admission.isInMemory, rows: rows))
        return admission
    }

    /// Files one message; where its id is not taken with it, once as long as it is open, however often it comes.
    func file(
        _ message: Defective, state: Int16, key: InboxKey?, in work: inout MessageTransaction
    ) throws {
        Metric.failures.counter(message.problem.code).increment()
        let id = UUID.version7()
        let isParked = state == FailureCode.parked
        let isAnonymous = message.envelope.id.isEmpty
        work.write(
            FileFailure(
                failureId: id, queue: queue, inboxKey: key?.bytes, state: state, type: message.envelope.type,
                messageId: message.envelope.id, user: message.envelope.user ?? "", code: message.problem.code,
                reason: message.problem.reason.storable(bytesMax: limits.reasonBytesMax), attempts: isParked ? 1 : 0,
                retryAfterSeconds: isParked ? limits.retryDelays.first?.inSeconds : nil,
                envelope: [UInt8](try JSONEncoder().encode(message.envelope)),
                sealedBody: try seal.seal(message.body, for: id.bytes),
                fingerprint: key == nil && !isAnonymous ? InboxKey(message.envelope).fingerprint(message.content) : nil)
        )
    }
}

extension Problem {
    static let notHandledYet = Problem(
        "not-handled-yet", "The message could not be handled yet and is tried again.", retryable: true)

    static func notHandled(_ code: String) -> Problem {
        Problem(code, "The message could not be handled; operators have been told.")
    }

    static let idReused = Problem("id-reused", "Another message was sent under the same id.")

    /// The sentence for operators.
    var reason: String {
        let fields = (fields ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let detail = detail.map { " \($0)" } ?? ""
        return title + detail + (fields.isEmpty ? "" : " (\(fields.joined(separator: "; ")))")
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
