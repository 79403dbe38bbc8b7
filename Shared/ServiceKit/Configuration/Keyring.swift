internal import FoundationEssentials

/// The 32-byte keys of one purpose: the first seals, all of them open.
///
/// A key is changed by putting the new one in front; the old one stays until nothing sealed with it is left.
public struct Keyring: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One key and the name it is found by.
    public struct Key: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
        /// Up to 16 letters, digits, dots or hyphens; stored beside what the key has sealed.
        public let id: String
        /// 32 bytes.
        public let bytes: [UInt8]

        /// The id, never the bytes.
        public var description: String { "key \(id)" }
        /// Only the id.
        public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
    }

    /// The length of a key, in bytes.
    public static let keyBytes = 32
    /// The id of a key that was given without one.
    public static let unnamedID = "1"

    /// Newest first, at least one.
    public let keys: [Key]

    /// Reads `base64`, or several `id:base64` with commas or line ends between them.
    public init?(_ text: String) {
        let entries = text.split { $0 == "," || $0.isNewline }.map(Keyring.trimmed).filter { !$0.isEmpty }
        let keys = entries.compactMap { Keyring.key($0, isAlone: entries.count == 1) }
        guard !keys.isEmpty, keys.count == entries.count, Set(keys.map(\.id)).count == keys.count else { return nil }
        self.keys = keys
    }

    /// The key that seals.
    public var newest: Key { keys[0] }

    /// The key with this id, if it is still on the ring.
    public subscript(id: String) -> Key? {
        keys.first { $0.id == id }
    }

    /// What a setting holds whose mistake has been noted: nobody gets to see it, because the start is stopped.
    static let mistaken = Keyring(keys: [Key(id: "", bytes: [])])

    private init(keys: [Key]) {
        self.keys = keys
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    private static func key(_ entry: Substring, isAlone: Bool) -> Key? {
        let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let id = parts.count == 2 ? String(parts[0]) : unnamedID
        let isPlain = id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
        guard parts.count == 2 || isAlone, isPlain, (1...16).contains(id.utf8.count),
            let data = Data(base64Encoded: String(parts[parts.count - 1])), data.count == keyBytes
        else { return nil }
        return Key(id: id, bytes: [UInt8](data))
    }

    /// The ids, never the bytes.
    public var description: String { "keys \(keys.map(\.id).joined(separator: ", "))" }
    /// The ids, never the bytes.
    public var debugDescription: String { description }
    /// Only the ids.
    public var customMirror: Mirror { Mirror(self, children: ["ids": keys.map(\.id)]) }
}
