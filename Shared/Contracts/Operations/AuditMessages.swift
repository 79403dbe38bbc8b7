public import FoundationEssentials

/// A SHA-256 hash; 64 hexadecimal digits on the wire.
public struct AuditHash: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes 32 bytes; `nil` if there are more or fewer.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 hexadecimal digits; `nil` if it is anything else.
    public init?(_ text: String) {
        guard let bytes = HexText.bytes(text) else { return nil }
        self.init(bytes)
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let hash = AuditHash(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a hash of 64 digits")
        }
        self = hash
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The hexadecimal digits.
    public var description: String { HexText.text(bytes) }
}

/// Bytes in hexadecimal digits.
public enum HexText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two small digits for each byte.
    public static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes; `nil` if there is anything but pairs of small digits.
    public static func bytes(_ text: String) -> [UInt8]? {
        let values = text.utf8.map { digits.firstIndex(of: $0) }
        guard values.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[start], let low = values[start + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

/// Who did it and why: the part of a row of the audit that is about persons, and that can be erased.
public struct AuditPerson: Codable, Equatable, Sendable {
    /// Random bytes in hexadecimal digits: they keep others from finding the rest by trying.
    public var salt: String
    /// The broker user; absent where the service did it by itself.
    public var actor: String?
    /// What the sender said.
    public var reason: String?
    /// The person that the event is about.
    public var personId: UUID?

    /// Makes the part.
    public init(salt: String, actor: String?, reason: String?, personId: UUID?) {
        self.salt = salt
        self.actor = actor
        self.reason = reason
        self.personId = personId
    }
}

/// A sealed row of the audit: an event, who caused it, and the hash that ties it to all rows before it.
public struct AuditEntry: Codable, Equatable, Sendable {
    /// Its place in the chain, from 1.
    public var place: Int64
    /// The event's id.
    public var eventId: UUID
    /// The event's type.
    public var eventType: String
    /// What was changed.
    public var auditedId: UUID
    /// The version of what was changed.
    public var version: Int64?
    /// When, by the clock of the database.
    public var at: Timestamp
    /// The type of the message that caused it; absent where the service did it by itself.
    public var causeType: String?
    /// The id of the message that caused it.
    public var causeId: String?
    /// SHA-256 of the event's body as it was sent.
    public var bodyHash: AuditHash
    /// SHA-256 of the personal part with its salt; it stays when the part is erased.
    public var personHash: AuditHash
    /// Absent once it is erased.
    public var person: AuditPerson?
    /// SHA-256 of the hash before this one and everything above but ``person``.
    public var hash: AuditHash

    /// Makes an entry.
    public init(
        place: Int64, eventId: UUID, eventType: String, auditedId: UUID, version: Int64?, at: Timestamp,
        causeType: String?, causeId: String?, bodyHash: AuditHash, personHash: AuditHash, person: AuditPerson?,
        hash: AuditHash
    ) {
        self.place = place
        self.eventId = eventId
        self.eventType = eventType
        self.auditedId = auditedId
        self.version = version
        self.at = at
        self.causeType = causeType
        self.causeId = causeId
        self.bodyHash = bodyHash
        self.personHash = personHash
        self.person = person
        self.hash = hash
    }
}

/// Where a chain ended at some time: whoever keeps it can tell later whether its end was cut off.
public struct AuditHead: Codable, Equatable, Sendable {
    /// How many rows were sealed.
    public var length: Int64
    /// The hash of the last of them; absent where there was none.
    public var hash: AuditHash?

    /// Makes a head.
    public init(length: Int64, hash: AuditHash?) {
        self.length = length
        self.hash = hash
    }
}

/// Lists the sealed rows of a service's audit in the order of its chain: `<service>.find-audit.v1`.
public struct FindAudit<Owner: ServiceOwner>: Query {
    /// `<service>.find-audit.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "find-audit") }
    /// What a successful answer holds.
    public typealias Reply = AuditPage

    /// Only what was done to this.
    public var auditedId: UUID?
    /// 1 to 500; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Int64?

    /// Makes the query.
    public init(auditedId: UUID? = nil, limit: Int? = nil, after: Int64? = nil) {
        self.auditedId = auditedId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...500).contains(limit), "limit", "must be 1 to 500") }
        if let after { checks.require(after >= 0, "after", "must not be negative") }
        try checks.finish()
    }
}

/// A page of a service's audit.
public struct AuditPage: Codable, Equatable, Sendable {
    /// The rows, in the order of the chain.
    public var entries: [AuditEntry]
    /// What to send as `after` for the next page; absent on the last.
    public var next: Int64?
    /// Where the chain ended when the page was read.
    public var head: AuditHead

    /// Makes a page.
    public init(entries: [AuditEntry], next: Int64?, head: AuditHead) {
        self.entries = entries
        self.next = next
        self.head = head
    }
}
