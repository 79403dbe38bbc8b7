public import FoundationEssentials

/// That a person was erased: a hash of their id under the service's key, which tells nobody else who it was.
public struct Tombstone: Codable, Equatable, Sendable {
    /// The keyed hash.
    public var personKey: AuditHash
    /// The request for which it was done.
    public var requestId: UUID
    /// When.
    public var erasedAt: Timestamp

    /// Makes a tombstone.
    public init(personKey: AuditHash, requestId: UUID, erasedAt: Timestamp) {
        self.personKey = personKey
        self.requestId = requestId
        self.erasedAt = erasedAt
    }
}

/// Lists whom a service has erased, to be kept outside its backup: `<service>.find-tombstones.v1`.
public struct FindTombstones<Owner: ServiceOwner>: Query {
    /// `<service>.find-tombstones.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "find-tombstones") }
    /// What a successful answer holds.
    public typealias Reply = TombstonePage

    /// 1 to 500; 500 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: AuditHash?

    /// Makes the query.
    public init(limit: Int? = nil, after: AuditHash? = nil) {
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...500).contains(limit), "limit", "must be 1 to 500") }
        try checks.finish()
    }
}

/// A page of tombstones; it can be sent as ``ApplyTombstones`` as it is.
public struct TombstonePage: Codable, Equatable, Sendable {
    /// The tombstones, in the order of their hashes.
    public var tombstones: [Tombstone]
    /// What to send as `after` for the next page; absent on the last.
    public var next: AuditHash?

    /// Makes a page.
    public init(tombstones: [Tombstone], next: AuditHash?) {
        self.tombstones = tombstones
        self.next = next
    }
}

/// Erases again whom a restored backup has brought back: `<service>.apply-tombstones.v1`.
public struct ApplyTombstones<Owner: ServiceOwner>: Command {
    /// `<service>.apply-tombstones.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "apply-tombstones") }
    /// Before intake goes on after a restore.
    public static var queue: QueueName { .control }

    /// At most 500.
    public var tombstones: [Tombstone]

    /// Makes the command.
    public init(tombstones: [Tombstone]) {
        self.tombstones = tombstones
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(tombstones.count <= 500, "tombstones", "must be at most 500")
        try checks.finish()
    }

    /// What came of it.
    public struct Reply: Codable, Equatable, Sendable {
        /// Persons who had come back and are erased again.
        public var erased: Int
        /// What was erased of them, by category.
        public var findings: [PersonFinding]

        /// Makes the answer.
        public init(erased: Int, findings: [PersonFinding]) {
            self.erased = erased
            self.findings = findings
        }
    }
}
