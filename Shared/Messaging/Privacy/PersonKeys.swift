import Contracts
public import FoundationEssentials
import Postgres

/// A person as tombstones know them: by hashes of their id under each of the service's keys.
struct PersonKeys: Sendable {
    /// One for each key, that of the newest first: a tombstone of an earlier key is found as well.
    let hashes: [[UInt8]]

    init(_ personId: UUID, _ seal: Seal) {
        hashes = seal.personKeys(personId)
    }

    /// The hash that a new tombstone gets.
    var newest: [UInt8] { hashes[0] }

    /// The number of the lock.
    ///
    /// Two persons may share one and wait for each other. Made of the id and of no key: instances that do not know the newest key yet must meet the others.
    static func lock(_ personId: UUID) -> Int64 {
        personId.bytes.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}

/// Finds out which messages of a batch are about persons who are erased.
struct ErasedPersons: Sendable {
    /// The person that each message is about.
    private let persons: [UUID?]
    private let keys: [UUID: PersonKeys]

    /// `nil` where no message is about anybody: nothing is to be asked.
    init?(_ messages: [any Message], _ seal: Seal) {
        persons = messages.map { ($0 as? any PersonalMessage)?.personConcerned }
        keys = Dictionary(Set(persons.compactMap { $0 }).map { ($0, PersonKeys($0, seal)) }) { first, _ in first }
        if keys.isEmpty { return nil }
    }

    /// To be run before ``tombstones``, in the same flight.
    var hold: HoldPersons { HoldPersons(places: keys.keys.map(PersonKeys.lock)) }
    /// What decides.
    var tombstones: ReadTombstones { ReadTombstones(keys: keys.values.flatMap(\.hashes)) }

    /// The places of the messages that are about somebody with a tombstone.
    func places(_ found: [[UInt8]]) -> Set<Int> {
        guard !found.isEmpty else { return [] }
        let found = Set(found)
        return Set(
            persons.indices.filter { index in
                guard let person = persons[index], let keys = keys[person] else { return false }
                return keys.hashes.contains { found.contains($0) }
            })
    }
}

extension MessageTransaction {
    /// Which of these persons are erased; the others are not before the transaction ends.
    ///
    /// For a message that is about many persons. One that is a ``PersonalMessage`` was looked after before its handler saw it.
    public mutating func erased(among persons: some Sequence<UUID>, _ seal: Seal) async throws -> Set<UUID> {
        let keys = Dictionary(Set(persons).map { ($0, PersonKeys($0, seal).hashes) }) { first, _ in first }
        if keys.isEmpty { return [] }
        let (_, found) = try await execute(
            HoldPersons(places: keys.keys.map(PersonKeys.lock)), ReadTombstones(keys: keys.values.flatMap(\.self)))
        let tombstones = Set(found)
        return Set(keys.filter { !tombstones.isDisjoint(with: $0.value) }.keys)
    }
}

extension Problem {
    static let personErased = Problem(
        "person-erased", "What was known of this person was erased; nothing new about them is taken in.")
}
