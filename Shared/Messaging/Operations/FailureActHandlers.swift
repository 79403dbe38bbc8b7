import Contracts
import FoundationEssentials
import Postgres

/// Has failed messages tried again.
struct RedriveFailedMessages<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<RedriveFailures<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<RedriveFailures<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let max = request.limit ?? ActPage.most
            let touched = try await transaction.execute(
                RedriveMeant(
                    meant: MeantFailures(selection: request.failures, max: Int64(max)), redriveId: request.redriveId,
                    delaySeconds: request.delaySeconds ?? 0, pauseSeconds: request.perSecond.map { 1 / $0 } ?? 0,
                    actor: FailureActor(request, because: request.reason)))
            transaction.setInboxState(.parked, of: touched)
            transaction.wakeSchedule()
            for failure in touched {
                transaction.publish(
                    FailureRedriven<Owner>(
                        failureId: failure.failureId, messageType: failure.type, code: failure.code,
                        redriveId: request.redriveId),
                    because: request)
            }
            transaction.answer(request, with: ActPage.answer(touched, max: max))
        }
    }
}

/// Gives failed messages up.
struct DiscardFailedMessages<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<DiscardFailures<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<DiscardFailures<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let max = request.limit ?? ActPage.most
            let touched = try await transaction.execute(
                DiscardMeant(
                    meant: MeantFailures(selection: request.failures, max: Int64(max)),
                    actor: FailureActor(request, because: request.reason)))
            transaction.setInboxState(.discarded, of: touched)
            for failure in touched {
                transaction.publish(
                    FailureDiscarded<Owner>(
                        failureId: failure.failureId, messageType: failure.type, code: failure.code),
                    because: request)
            }
            transaction.answer(request, with: ActPage.answer(touched, max: max))
        }
    }
}

/// Shows a failed message in the clear.
struct RevealFailedMessage<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<RevealFailure<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    let seal: Seal
    let limits: MessagingLimits

    func handle(_ batch: Batch<RevealFailure<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let id = request.failureId
            let (rows, originals) = try await transaction.execute(
                ReadFailure(failureId: id), ReadOriginal(failureId: id))
            guard let row = rows.first else {
                transaction.refuse(request, .failureUnknown)
                continue
            }
            transaction.write(
                WriteAct(failureId: id, act: "reveal", actor: FailureActor(request, because: request.reason)))
            transaction.publish(
                FailureRevealed<Owner>(failureId: id, messageType: row.summary.type), answering: request,
                with: RevealedFailure(
                    body: try reveal(row.stored, id), original: try originals.first.map { try reveal($0.stored, id) }))
        }
    }

    private func reveal(_ stored: StoredBody, _ id: UUID) throws -> Secret {
        let body = try seal.open(stored.sealedBody, for: id)
        let text = String(decoding: body.prefix(limits.revealedBytesMax), as: UTF8.self)
        return Secret(body.count <= limits.revealedBytesMax ? text : text + "… (\(body.count) bytes)")
    }
}

/// As many failures as one command does something about.
private enum ActPage {
    static let most = 1000

    static func answer(_ touched: [TouchedFailure], max: Int) -> FailuresTouched {
        FailuresTouched(
            count: touched.count, next: touched.count == max ? touched.last?.failureId : nil,
            lastAt: touched.last?.retryAt.map(Timestamp.init))
    }
}

extension FailureActor {
    init(_ request: Received<some Message>, because reason: String?) {
        self.init(user: request.envelope.user ?? "unknown", reason: reason)
    }
}

extension MessageTransaction {
    fileprivate mutating func setInboxState(_ state: InboxState, of touched: [TouchedFailure]) {
        for (queue, rows) in Dictionary(grouping: touched, by: \.queue).sorted(by: { $0.key < $1.key }) {
            let keys = rows.compactMap(\.inboxKey).sorted { $0.lexicographicallyPrecedes($1) }
            if !keys.isEmpty { write(SetInboxState(queue: queue, keys: keys, state: state)) }
        }
    }
}
