import Contracts
import FoundationEssentials
import Postgres

/// The messages about a person that the runtime itself stores: failed ones, and those that wait for their time.
///
/// A body that no contract reads is about nobody that we know; it goes with the retention of failures, or when an operator
/// discards it.
struct StoredMessages: Sendable {
    /// What was found.
    struct Found: Sendable {
        var failures: [ReadPersonalFailures.Row] = []
        /// Failures that were about the person before they were edited, and are not any more.
        var originals: [UUID] = []
        var scheduled: [ReadPersonalSchedule.Row] = []
        /// Type and body of each, secrets masked.
        var records: [[String: String]] = []

        var count: Int64 { Int64(failures.count + originals.count + scheduled.count) }
    }

    /// Every type that may be about a person.
    private static let types: [String: any PersonalMessage.Type] = {
        let all: [any Message.Type] = ServiceName.allCases.flatMap { service in
            Catalogue.requests(of: service).map { $0.request as any Message.Type }
                + Catalogue.events(of: service).map { $0 as any Message.Type }
        }
        return Dictionary(
            all.compactMap { type in (type as? any PersonalMessage.Type).map { (type.type.description, $0) } }
        ) { first, _ in first }
    }()

    let seal: Seal
    let limits: MessagingLimits

    /// Reads all of them.
    func find(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> Found {
        let coder = BodyCoder(limits: limits)
        var found = Found()
        var last = UUID.zero
        while true {
            let page = try await transaction.execute(
                ReadPersonalFailures(types: Self.types.keys.sorted(), after: last, max: Int64(limits.personalPageMax)))
            for row in page {
                let (current, original) = (
                    record(row.stored, row, of: personId, coder),
                    row.original.flatMap {
                        record($0, row, of: personId, coder)
                    }
                )
                if current != nil {
                    found.failures.append(row)
                } else if original != nil {
                    found.originals.append(row.failureId)
                }
                found.records += [current, original].compactMap { $0 }
            }
            guard page.count == limits.personalPageMax, let next = page.last?.failureId else { break }
            last = next
        }
        last = .zero
        while true {
            let page = try await transaction.execute(
                ReadPersonalSchedule(types: Self.types.keys.sorted(), after: last, max: Int64(limits.personalPageMax)))
            for row in page {
                guard let body = row.isSealed ? try? seal.open(row.body, for: row.id) : row.body,
                    let record = record(row.type, body, .binary, of: personId, coder)
                else { continue }
                found.scheduled.append(row)
                found.records.append(record)
            }
            guard page.count == limits.personalPageMax, let next = page.last?.id else { return found }
            last = next
        }
    }

    /// Deletes what was found; a message that was tried again later is done with.
    func erase(_ found: Found, in transaction: inout MessageTransaction) {
        for (queue, rows) in Dictionary(grouping: found.failures, by: \.queue).sorted(by: { $0.key < $1.key }) {
            let keys = rows.compactMap(\.inboxKey).sorted { $0.lexicographicallyPrecedes($1) }
            if !keys.isEmpty { transaction.write(SetInboxState(queue: queue, keys: keys, state: .discarded)) }
        }
        if !found.failures.isEmpty { transaction.write(EraseFailures(ids: found.failures.map(\.failureId))) }
        if !found.originals.isEmpty { transaction.write(EraseOriginals(failureIds: found.originals)) }
        if !found.scheduled.isEmpty { transaction.write(EraseSchedule(ids: found.scheduled.map(\.id))) }
    }

    /// A failed message as it is given out; `nil` if it is not about this person.
    private func record(
        _ stored: StoredBody, _ row: ReadPersonalFailures.Row, of personId: UUID, _ coder: BodyCoder
    ) -> [String: String]? {
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(stored.envelope)),
            let body = try? seal.open(stored.sealedBody, for: row.failureId)
        else { return nil }
        return record(envelope.type, body, envelope.mode, of: personId, coder)
    }

    /// The message as it is given out; `nil` if it is not about this person.
    private func record(
        _ type: String, _ body: [UInt8], _ mode: Envelope.Mode, of personId: UUID, _ coder: BodyCoder
    ) -> [String: String]? {
        func read<M: PersonalMessage>(_: M.Type) -> [String: String]? {
            guard let message = try? coder.message(M.self, from: body, mode: mode),
                message.personConcerned == personId
            else { return nil }
            let text = (try? MessageText.json(of: message, masksSecrets: true)).map {
                String(decoding: $0, as: UTF8.self)
            }
            return ["type": type, "message": text ?? ""]
        }
        return Self.types[type].flatMap { read($0) }
    }
}

extension UUID {
    /// Smaller than every other.
    fileprivate static let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
