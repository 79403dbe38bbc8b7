public import Contracts

/// Follows a chain from its first row and finds the first that is not as it was sealed.
///
/// Give it every row in the order of places, then ask whether the chain reaches the heads that are known.
public struct AuditCheck: Sendable {
    /// What is wrong, and where first.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// The place of the first row that differs.
        public let place: Int64
        /// How it differs.
        public let what: String

        /// Both.
        public var description: String { "row \(place) \(what)" }
    }

    private var chain: AuditChain
    /// Heads that were known before and have to be passed, by their length.
    private var awaited: [Int64: AuditHash]

    /// Begins with the first row.
    ///
    /// - Parameter known: Heads that were seen earlier: a chain that was cut and goes on otherwise does not pass them.
    public init(of service: ServiceName, passing known: [AuditHead] = []) {
        chain = AuditChain(of: service)
        awaited = Dictionary(known.compactMap { head in head.hash.map { (head.length, $0) } }) { first, _ in first }
    }

    /// Where the chain has got to.
    public var head: AuditHead { chain.head }

    /// Checks the next row.
    public mutating func take(_ entry: AuditEntry) throws(Fault) {
        let place = chain.length + 1
        guard entry.place == place else {
            throw Fault(place: place, what: entry.place > place ? "is missing" : "comes twice")
        }
        if let person = entry.person, person.hash != entry.personHash {
            throw Fault(place: place, what: "does not say who did it, or why, as it did when it was written")
        }
        guard chain.append(entry) == entry.hash else {
            throw Fault(place: place, what: "is not what was sealed, or one before it is not")
        }
        if let hash = awaited.removeValue(forKey: place), hash != entry.hash {
            throw Fault(
                place: place, what: "is not the one that was known: the chain was cut at or before it, and written anew"
            )
        }
    }

    /// Checks that the chain is as long as it was known to be.
    ///
    /// - Parameter present: The head as the service says it; rows may have come since.
    public func finish(_ present: AuditHead) throws(Fault) {
        let ends = awaited.keys + [present.length]
        if let end = ends.max(), end > chain.length {
            throw Fault(place: chain.length + 1, what: "is missing: the chain was known to have \(end) rows")
        }
        if present.length == chain.length, present.hash != chain.head.hash {
            throw Fault(place: present.length, what: "is not the one at which the service says that the chain ends")
        }
    }
}
