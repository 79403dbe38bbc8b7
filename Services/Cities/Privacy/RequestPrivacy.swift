import Contracts
import FoundationEssentials
import Messaging

/// Asks all services for what they know of a person: `cities.request-export.v1`.
struct RequestExports: Handler {
    static let access: AccessRule<RequestExport> = .administrators

    let seal: Seal

    func handle(_ batch: Batch<RequestExport>, in transaction: inout MessageTransaction) async throws {
        let intake = PrivacyIntake(seal: seal, kind: .export)
        try await intake.take(batch, in: &transaction) { ($0.requestId, $0.personId, $0.reason) }
    }
}

/// Has all services erase what they know of a person: `cities.request-erasure.v1`.
struct RequestErasures: Handler {
    static let access: AccessRule<RequestErasure> = .administrators

    let seal: Seal

    func handle(_ batch: Batch<RequestErasure>, in transaction: inout MessageTransaction) async throws {
        let intake = PrivacyIntake(seal: seal, kind: .erasure)
        try await intake.take(batch, in: &transaction) { ($0.requestId, $0.personId, $0.reason) }
    }
}

/// Takes requests in; two instances that take the same id at once meet at its unique index.
private struct PrivacyIntake {
    let seal: Seal
    let kind: PrivacyRequestKind

    func take<Asked: Request>(
        _ batch: Batch<Asked>, in transaction: inout MessageTransaction,
        _ fields: (Asked) -> (requestId: UUID, personId: UUID, reason: String)
    ) async throws where Asked.Reply == PrivacyRequestTaken {
        let known = try await transaction.execute(
            ReadPrivacyRequests(ids: batch.messages.map { fields($0.message).requestId }))
        var requests = Dictionary(known.map { ($0.requestId, $0) }) { first, _ in first }
        for received in batch.messages {
            let (requestId, personId, reason) = fields(received.message)
            let keys = seal.personKeys(personId)
            if let earlier = requests[requestId] {
                let isSame = earlier.kind == kind && keys.contains(earlier.personKey)
                if isSame {
                    transaction.answer(received, with: earlier.reply)
                } else {
                    transaction.refuse(received, PrivacyRefusalReason.requestDiffers.problem)
                }
                continue
            }
            let request = PrivacyRequest(
                requestId: requestId, kind: kind,
                sealedPerson: try seal.seal(Array(personId.text.utf8), for: requestId), personKey: keys[0],
                reason: reason, requestedBy: received.envelope.user ?? "", requestedAt: batch.now)
            requests[requestId] = request
            transaction.write(InsertPrivacyRequest(request: request))
            transaction.ask(ServiceName.allCases, for: request, about: personId, attempts: 0, because: received)
            transaction.answer(received, with: request.reply)
        }
    }
}

extension Seal {
    /// The person of a request that is open.
    func person(of request: PrivacyRequest) throws -> UUID? {
        guard let sealed = request.sealedPerson else { return nil }
        return UUID(text: String(decoding: try open(sealed, for: request.requestId), as: UTF8.self))
    }
}
