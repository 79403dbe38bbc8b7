import Contracts
import FoundationEssentials
import Postgres

/// Gives out what the service knows of a person: `<service>.export-person.v1`.
struct ExportPersonalData<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<ExportPerson<Owner>> { .services }
    static var batchMax: Int { 1 }

    let data: any PersonalData
    let seal: Seal
    let limits: MessagingLimits

    func handle(_ batch: Batch<ExportPerson<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            var categories = try await data.export(request.personId, in: &transaction)
            let stored = try await StoredMessages(seal: seal, limits: limits).find(request.personId, in: &transaction)
            categories.append(PersonalCategory("stored-messages", stored.records))
            let audit = try await transaction.execute(
                ReadAuditOfPerson(personId: request.personId, max: Int64(limits.personalPageMax)))
            categories.append(PersonalCategory("audit", audit.map(\.record)))
            let report = try PersonalReport(categories, bytesMax: limits.personalBytesMax)
            transaction.answer(
                request, with: ExportPerson<Owner>.Reply(findings: report.findings, data: report.data))
            transaction.send(
                AnswerPrivacyRequest(
                    requestId: request.requestId, service: Owner.name, findings: report.findings, data: report.data),
                because: request)
        }
    }
}

/// Erases what the service knows of a person: `<service>.erase-person.v1`.
struct ErasePersonalData<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<ErasePerson<Owner>> { .services }
    /// Two persons in one transaction would wait for batches that wait for one of them.
    static var batchMax: Int { 1 }

    let eraser: PersonEraser

    func handle(_ batch: Batch<ErasePerson<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let cause = PersonErasure(requestId: request.requestId, because: request)
            let findings = try await eraser.erase(request.personId, because: cause, in: &transaction)
            transaction.answer(request, with: ErasePerson<Owner>.Reply(findings: findings))
            transaction.send(
                AnswerPrivacyRequest(requestId: request.requestId, service: Owner.name, findings: findings),
                because: request)
        }
    }
}

/// Erases a person, and sees to it that they stay erased.
struct PersonEraser: Sendable {
    let data: any PersonalData
    let seal: Seal
    let limits: MessagingLimits

    /// Erases what is in the service's tables and files, and in the runtime's.
    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        // Everything that was begun about this person is finished now, and nothing is begun before this commits.
        _ = try await transaction.execute(LockPerson(place: PersonKeys.lock(personId)))
        transaction.write(
            WriteTombstones(
                keys: [PersonKeys(personId, seal).newest], requestIds: [cause.requestId], times: [transaction.now]))
        var findings = try await data.erase(personId, because: cause, in: &transaction)
        let messages = StoredMessages(seal: seal, limits: limits)
        let stored = try await messages.find(personId, in: &transaction)
        messages.erase(stored, in: &transaction)
        findings.append(PersonFinding("stored-messages", stored.count, .erased))
        let audit = try await transaction.execute(EraseAuditOfPerson(personId: personId))
        findings.append(PersonFinding("audit", Int64(audit.count), .erased))
        return findings.filter { $0.count > 0 }
    }
}

/// What was found of a person, counted and in JSON.
struct PersonalReport: Sendable {
    let findings: [PersonFinding]
    let data: Secret?

    /// Everything, up to a size: what does not fit into a message is counted as left out, the newest of each category first.
    init(_ categories: [PersonalCategory], bytesMax: Int) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        var bytes = 0
        var leftOut: Int64 = 0
        var given: [String: [[String: String]]] = [:]
        var findings: [PersonFinding] = []
        for category in categories where !category.records.isEmpty {
            findings.append(PersonFinding(category.name, Int64(category.records.count), .found))
            for record in category.records {
                bytes += try encoder.encode(record).count
                if bytes <= bytesMax { given[category.name, default: []].append(record) } else { leftOut += 1 }
            }
        }
        if leftOut > 0 { findings.append(PersonFinding("left-out", leftOut, .found)) }
        self.findings = findings
        data = findings.isEmpty ? nil : Secret(String(decoding: try encoder.encode(given), as: UTF8.self))
    }
}

extension ReadAuditOfPerson.Row {
    fileprivate var record: [String: String] {
        var record = ["event": eventType, "at": Timestamp(at).description]
        record["actor"] = actor
        record["reason"] = reason
        return record
    }
}
