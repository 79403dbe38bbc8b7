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
        let found = try await database.execute(
            ListFailures(
                states: FailureCode.asked(query.state), type: query.type, code: query.code, before: query.after,
                max: Int64(max) + 1))
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

/// Counts failed messages by state, type and code.
struct CountFailedMessages<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<FindFailureGroups<Owner>> { .administrators }
    let limits: MessagingLimits

    func answer(
        _ query: FindFailureGroups<Owner>, from asker: Asker, reading database: Pool
    ) async throws -> FailureGroups {
        let rows = try await database.execute(
            CountFailureGroups(
                states: FailureCode.asked(query.state), type: query.type, code: query.code,
                failureIds: query.failureIds, failuresMax: query.limit.map { Int64($0) },
                groupsMax: Int64(limits.failureGroupsMax)))
        return FailureGroups(
            groups: rows.map(\.group), count: rows.first.map { Int($0.failures) } ?? 0,
            groupCount: rows.first.map { Int($0.groups) } ?? 0)
    }
}

/// Shows a failed message with its secrets masked, and its history.
struct ShowFailedMessage<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<GetFailure<Owner>> { .administrators }
    let routes: [String: any Route]
    let seal: Seal
    let limits: MessagingLimits

    func answer(_ query: GetFailure<Owner>, from asker: Asker, reading database: Pool) async throws -> FailureDetail {
        let id = query.failureId
        let (rows, originals, acts, attempts) = try await database.execute(
            ReadFailure(failureId: id), ReadOriginal(failureId: id),
            ReadActs(failureId: id, max: Int64(limits.actsShownMax)),
            ReadAttempts(failureId: id, max: Int64(limits.attemptsKeptMax)))
        guard let row = rows.first else { throw Problem.failureUnknown }
        let shown = try show(row.stored, of: row.summary, max: limits.shownBytesMax)
        let original = try originals.first.map { original in
            let shown = try show(original.stored, of: row.summary, max: limits.originalShownBytesMax)
            return FailureDetail.Original(userId: original.user, body: shown.text, bodyBytes: shown.bytes)
        }
        return FailureDetail(
            summary: row.summary, body: shown.text, bodyBytes: shown.bytes, acts: acts.reversed(),
            attempts: attempts.reversed(), original: original, revision: Int(row.revision))
    }

    /// The body as its contract reads it, secrets masked, whether its fields are as they should be or not.
    ///
    /// A body that no contract reads is not shown: it may hold a code.
    private func show(
        _ stored: StoredBody, of failure: FailureSummary, max: Int
    ) throws -> (text: String, bytes: Int) {
        let body = try seal.open(stored.sealedBody, for: failure.failureId)
        let unreadable = "(\(body.count) bytes that cannot be read as \(failure.type))"
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(stored.envelope)),
            let route = routes[envelope.type],
            let message = try? route.unchecked(body, mode: envelope.mode, with: BodyCoder(limits: limits)),
            let masked = try? MessageText.json(of: message, masksSecrets: true)
        else { return (unreadable, body.count) }
        let text = String(decoding: masked.prefix(max), as: UTF8.self)
        return (masked.count <= max ? text : text + "… (\(masked.count) bytes)", body.count)
    }
}

/// Tells how a redrive goes.
struct TellRedrive<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<GetRedrive<Owner>> { .administrators }

    func answer(_ query: GetRedrive<Owner>, from asker: Asker, reading database: Pool) async throws -> RedriveProgress {
        try await database.execute(CountRedriven(redriveId: query.redriveId)).first
            ?? RedriveProgress(waiting: 0, done: 0, failed: 0, discarded: 0)
    }
}

extension FailureCode {
    /// The states that a query asks for; the open ones if it says nothing.
    fileprivate static func asked(_ state: FailureState?) -> [Int16] {
        state.map { [code($0)] } ?? [parked, failed]
    }
}

extension Problem {
    static let failureUnknown = Problem("failure-unknown", "There is no such failure.")
}
