public import Contracts
import Crypto
import FoundationEssentials

/// The hashes of an audit, one row after the other: each covers its row and the hash before it.
///
/// The service's sealer and whoever checks its work compute the same.
public struct AuditChain: Sendable {
    /// How many rows there were.
    public private(set) var length: Int64
    /// The hash of the last row; of the service's name where there was none, so that no chain passes for another's.
    private(set) var hash: AuditHash

    /// Begins the chain of a service, or goes on behind its head.
    public init(of service: ServiceName, behind head: AuditHead = AuditHead(length: 0, hash: nil)) {
        length = head.length
        hash = head.hash ?? AuditHash(of: Array("citycoop audit of \(service.rawValue)".utf8))
    }

    /// Where the chain ends.
    public var head: AuditHead { AuditHead(length: length, hash: length == 0 ? nil : hash) }

    /// Appends a row, whose own place and hash do not count, and returns its hash.
    mutating func append(_ entry: AuditEntry) -> AuditHash {
        length += 1
        var fields = AuditFields()
        fields.add(length)
        fields.add(entry.eventId)
        fields.add(entry.eventType)
        fields.add(entry.auditedId)
        fields.add(entry.version)
        fields.add(entry.at.milliseconds)
        fields.add(entry.causeType)
        fields.add(entry.causeId)
        hash = AuditHash(of: hash.bytes + fields.bytes + entry.bodyHash.bytes + entry.personHash.bytes)
        return hash
    }
}

extension AuditPerson {
    /// What of this part enters the chain.
    var hash: AuditHash {
        var fields = AuditFields()
        fields.add(salt)
        fields.add(actor)
        fields.add(reason)
        fields.add(personId)
        return AuditHash(of: fields.bytes)
    }
}

extension AuditHash {
    /// The hash of these bytes.
    init(of bytes: [UInt8]) {
        guard let hash = AuditHash([UInt8](SHA256.hash(data: bytes))) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        self = hash
    }
}

/// Fields one behind the other, each with its length in front, so that no two rows look alike; an absent one is not an empty one.
private struct AuditFields {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ text: String?) {
        guard let text else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        add(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func add(_ id: UUID?) {
        add(id?.text)
    }

    mutating func add(_ number: Int64?) {
        add(number.map { String($0) })
    }

    private mutating func add(_ count: UInt64) {
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
    }
}
