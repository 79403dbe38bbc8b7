import Contracts
import FoundationEssentials
import Postgres

/// Lists whom the service has erased: `<service>.find-tombstones.v1`.
struct ListErasedPersons<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<FindTombstones<Owner>> { .administrators }

    func answer(
        _ query: FindTombstones<Owner>, from asker: Asker, reading database: Pool
    ) async throws -> TombstonePage {
        let max = query.limit ?? 500
        let found = try await database.execute(
            ListTombstones(after: query.after?.bytes ?? [], max: Int64(max) + 1))
        let page = Array(found.prefix(max))
        return TombstonePage(tombstones: page, next: found.count > max ? page.last?.personKey : nil)
    }
}

/// Erases whom a restored backup has brought back: `<service>.apply-tombstones.v1`.
struct EraseRestoredPersons<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<ApplyTombstones<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    let eraser: PersonEraser

    func handle(_ batch: Batch<ApplyTombstones<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let tombstones = request.tombstones.sorted {
                $0.personKey.bytes.lexicographicallyPrecedes($1.personKey.bytes)
            }
            transaction.write(
                WriteTombstones(
                    keys: tombstones.map(\.personKey.bytes), requestIds: tombstones.map(\.requestId),
                    times: tombstones.map(\.erasedAt.date)))
            let byKey = Dictionary(tombstones.map { ($0.personKey.bytes, $0) }) { first, _ in first }
            let (erased, findings) = try await erase(byKey, request.envelope.traceparent, in: &transaction)
            transaction.answer(request, with: ApplyTombstones<Owner>.Reply(erased: erased, findings: findings))
        }
    }

    /// Goes over everybody who is known, because a hash leads to nobody.
    private func erase(
        _ tombstones: [[UInt8]: Tombstone], _ traceparent: String?, in transaction: inout MessageTransaction
    ) async throws -> (erased: Int, findings: [PersonFinding]) {
        var erased = 0
        var counts: [String: PersonFinding] = [:]
        var last: UUID?
        repeat {
            let page = try await eraser.data.persons(
                after: last, max: eraser.limits.personalPageMax, in: &transaction)
            for person in page {
                let keys = PersonKeys(person, eraser.seal).hashes
                guard let tombstone = keys.lazy.compactMap({ tombstones[$0] }).first else { continue }
                let cause = PersonErasure(requestId: tombstone.requestId, traceparent: traceparent)
                for finding in try await eraser.erase(person, because: cause, in: &transaction) {
                    let place = "\(finding.category) \(finding.outcome.rawValue)"
                    counts[place, default: PersonFinding(finding.category, 0, finding.outcome)].count += finding.count
                }
                erased += 1
            }
            last = page.count == eraser.limits.personalPageMax ? page.last : nil
        } while last != nil
        return (erased, counts.sorted { $0.key < $1.key }.map(\.value))
    }
}
