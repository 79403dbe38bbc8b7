import Contracts
import FoundationEssentials
import Postgres

/// Puts another body into a failed command, under the name of who edits it: `<service>.edit-failure.v1`.
///
/// Its id is taken with the first edit, if it was not: what its sender sends under it again is the same message, and hears what
/// came of this one.
struct EditFailedMessage<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<EditFailure<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    let routes: [String: any Route]
    let seal: Seal
    let limits: MessagingLimits

    func handle(_ batch: Batch<EditFailure<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            do {
                let (edited, type) = try await edit(request, in: &transaction)
                transaction.publish(
                    FailureEdited<Owner>(
                        failureId: request.failureId, messageType: type, fields: edited.fields),
                    answering: request, with: edited)
            } catch let problem as Problem {
                transaction.refuse(request, problem)
            }
        }
    }

    private func edit(
        _ request: Received<EditFailure<Owner>>, in transaction: inout MessageTransaction
    ) async throws -> (EditedFailure, type: String) {
        let id = request.failureId
        guard let row = try await transaction.execute(LockFailure(failureId: id)).first else {
            throw Problem.failureUnknown
        }
        let (envelope, route) = try editable(row, request)
        let body = try seal.open(row.stored.sealedBody, for: id)
        let edit = try MessageEdit(of: body, mode: envelope.mode, to: request.body.revealed, by: route, limits: limits)
        if let person = (edit.message as? any PersonalMessage)?.personConcerned {
            guard try await transaction.erased(among: [person], seal).isEmpty else { throw Problem.personErased }
        }
        let key = try await takeId(of: row, envelope, body, in: &transaction)
        let actor = FailureActor(request, because: request.reason)
        transaction.write(
            WriteEdit(
                failureId: id, actor: actor,
                stored: StoredBody(
                    envelope: [UInt8](try JSONEncoder().encode(envelope.edited(by: actor.user))),
                    sealedBody: try seal.seal(edit.body, for: id)),
                inboxKey: key, fields: edit.fields))
        return (EditedFailure(revision: Int(row.revision) + 1, fields: edit.fields), row.type)
    }

    /// Throws unless the message is open, of the state that was seen, and a command whose envelope is sound.
    private func editable(
        _ row: LockFailure.Row, _ request: Received<EditFailure<Owner>>
    ) throws -> (Envelope, any Route) {
        guard row.state == FailureCode.parked || row.state == FailureCode.failed else {
            throw Problem("failure-settled", "The message was handled, or given up.")
        }
        if let seen = request.revision, seen != Int(row.revision) {
            throw Problem("failure-changed", "Somebody has done something about the message meanwhile; look again.")
        }
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(row.stored.envelope))
        if let defect = envelope.defect {
            throw Problem("not-editable", "It is not the body that is wrong.", detail: defect.reason)
        }
        guard let route = routes[envelope.type] else {
            throw Problem("not-editable", "The service has no handler for the type of the message.")
        }
        guard route.type.kind == .command else {
            throw Problem(
                "not-editable", "An event says what has happened; only the service that said it says it anew.")
        }
        return (envelope, route)
    }

    /// The message's key in the inbox, which nothing else may have.
    private func takeId(
        of row: LockFailure.Row, _ envelope: Envelope, _ body: [UInt8], in transaction: inout MessageTransaction
    ) async throws -> [UInt8] {
        if let key = row.inboxKey { return key }
        let key = InboxKey(envelope).bytes
        let content = InboxKey.content(type: envelope.type, body: body)
        let state: InboxState = row.state == FailureCode.parked ? .parked : .failed
        let taken = try await transaction.execute(
            TakeNew(queue: row.queue, keys: [key], contents: [content], state: state))
        guard !taken.isEmpty else {
            throw Problem(
                "id-taken", "Another message was taken under the id of this one; send what you mean under a new one.")
        }
        return key
    }
}

extension Envelope {
    /// As it is once somebody else answers for the message: the deadline was that of the sender.
    fileprivate func edited(by user: String) -> Envelope {
        var envelope = self
        envelope.user = user
        envelope.mode = .binary
        envelope.deadline = nil
        return envelope
    }
}
