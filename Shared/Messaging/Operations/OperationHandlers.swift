import Contracts
import FoundationEssentials
import Postgres

/// Answers how the service is.
struct TellStatus<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<GetStatus<Owner>> { .services }
    let copies: [String]
    let limits: MessagingLimits

    func answer(_ query: GetStatus<Owner>, from asker: Asker, reading database: Pool) async throws -> ServiceStatus {
        let (statuses, copies, schemas) = try await database.execute(
            ReadStatus(limits: limits), ReadCopies(names: copies), ReadVersions())
        guard var status = statuses.first else { throw Problem("unavailable", "There is no status.", retryable: true) }
        status.copies = copies
        status.schemas = Dictionary(schemas.map { ($0.set, $0.version) }) { first, _ in first }
        status.instance = .present
        return status
    }
}

extension ServiceStatus.Instance {
    /// This process.
    static var present: Self {
        let process = ProcessMetrics.read()
        return Self(
            release: Release.current,
            startedAt: process.startSeconds.map { Timestamp(Date(timeIntervalSince1970: $0)) },
            residentBytes: process.residentBytes)
    }
}

/// Lists failed messages.
struct ListFailedMessages<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<FindFailures<Owner>> { .administrators }
    let limits: MessagingLimits

    func answer(_ query: FindFailures<Owner>, from asker: Asker, reading database: Pool) async throws -> FailurePage {
        let max = query.limit ?? 100
        let states = query.state.map { [FailureCode.code($0)] } ?? [FailureCode.parked, FailureCode.failed]
        let found = try await database.execute(
            ListFailures(
                states: states, type: query.type, code: query.code, before: query.after, max: Int64(max) + 1))
        let page = fit(found.prefix(max))
        return FailurePage(failures: page, next: found.count > page.count ? page.last?.failureId : nil)
    }

    /// As many as fit into an answer; at least one, so that there is an end to turning pages.
    private func fit(_ found: ArraySlice<FailureSummary>) -> [FailureSummary] {
        var bytes = 0
        return found.enumerated().prefix { index, failure in
            let texts = [failure.type, failure.messageId, failure.userId, failure.code, failure.reason]
            bytes += texts.reduce(300) { $0 + $1.utf8.count }
            return index == 0 || bytes <= limits.shownBytesMax
        }.map(\.element)
    }
}

/// Shows a failed message with its secrets masked.
struct ShowFailedMessage<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<GetFailure<Owner>> { .administrators }
    let routes: [String: any Route]
    let seal: Seal
    let limits: MessagingLimits

    func answer(_ query: GetFailure<Owner>, from asker: Asker, reading database: Pool) async throws -> FailureDetail {
        let (rows, acts) = try await database.execute(
            ReadFailure(failureId: query.failureId), ReadActs(failureId: query.failureId))
        guard let row = rows.first else { throw Problem("failure-unknown", "There is no such failure.") }
        let body = try seal.open(row.sealedBody, for: row.summary.failureId.bytes)
        return FailureDetail(
            summary: row.summary, body: shown(body, row), bodyBytes: body.count, acts: acts)
    }

    /// The body as its contract reads it, secrets masked.
    ///
    /// A body that no contract reads is not shown: it may hold a code.
    private func shown(_ body: [UInt8], _ row: ReadFailure.Row) -> String {
        let unreadable = "(\(body.count) bytes that cannot be read as \(row.summary.type))"
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(row.envelope)),
            let route = routes[envelope.type],
            let message = try? route.read(body, mode: envelope.mode, with: BodyCoder(limits: limits))
        else { return unreadable }
        let encoder = JSONEncoder()
        encoder.userInfo[SecretWitness.key] = SecretWitness(masks: true)
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        guard let masked = try? encoder.encode(message) else { return unreadable }
        let text = String(decoding: masked.prefix(limits.shownBytesMax), as: UTF8.self)
        return masked.count <= limits.shownBytesMax ? text : text + "… (\(masked.count) bytes)"
    }
}

/// Has failed messages tried again.
struct RedriveFailedMessages<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<RedriveFailures<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<RedriveFailures<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let touched = try await transaction.execute(
                TouchFailures(
                    request.failures, state: FailureCode.parked, act: "redrive", by: request.envelope.user,
                    reason: request.reason))
            transaction.setInboxState(.parked, of: touched)
            transaction.wakeSchedule()
            transaction.answer(request, with: FailuresTouched(count: touched.count))
        }
    }
}

/// Gives failed messages up.
struct DiscardFailedMessages<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<DiscardFailures<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<DiscardFailures<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let touched = try await transaction.execute(
                TouchFailures(
                    request.failures, state: FailureCode.discarded, act: "discard", by: request.envelope.user,
                    reason: request.reason))
            transaction.setInboxState(.discarded, of: touched)
            transaction.answer(request, with: FailuresTouched(count: touched.count))
        }
    }
}

extension TouchFailures {
    fileprivate init(
        _ selection: FailureSelection, state: Int16, act: String, by actor: String?, reason: String?
    ) {
        self.init(
            failureIds: selection.failureIds, type: selection.type, code: selection.code, state: state, act: act,
            actor: actor ?? "unknown", reason: reason)
    }
}

extension MessageTransaction {
    fileprivate mutating func setInboxState(_ state: InboxState, of touched: [TouchFailures.Row]) {
        for (queue, rows) in Dictionary(grouping: touched, by: \.queue).sorted(by: { $0.key < $1.key }) {
            let keys = rows.compactMap(\.inboxKey).sorted { $0.lexicographicallyPrecedes($1) }
            if !keys.isEmpty { write(SetInboxState(queue: queue, keys: keys, state: state)) }
        }
    }
}
