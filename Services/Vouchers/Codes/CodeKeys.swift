import Crypto
import FoundationEssentials

/// What is stored instead of a code: its HMAC-SHA-256 under one of the server's keys, and which key that was.
struct CodeLookup: Hashable, Sendable {
    var keyID: Int
    /// 32 bytes.
    var digest: [UInt8]
}

/// The server's keys for codes: new codes are hashed under the current one, lookups try all that are live.
///
/// To rotate: add a new key in front. A voucher found under an older one is hashed anew when it is used, and once none is
/// left under the older key, that key can go.
struct CodeKeys: Sendable, CustomStringConvertible, CustomReflectable {
    /// Why a setting holds no keys; never quotes it.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// As short as the hash is strong.
    static let keyBytesMin = 32

    private let live: [(id: Int, key: SymmetricKey)]

    /// Keys by id, the current one first.
    init(_ keys: [(id: Int, bytes: [UInt8])]) throws(Mistake) {
        guard !keys.isEmpty else { throw Mistake(description: "there must be at least one key") }
        guard Set(keys.map(\.id)).count == keys.count else { throw Mistake(description: "a key id is used twice") }
        guard keys.allSatisfy({ (1...32_767).contains($0.id) }) else {
            throw Mistake(description: "key ids are 1 to 32767")
        }
        guard keys.allSatisfy({ $0.bytes.count >= CodeKeys.keyBytesMin }) else {
            throw Mistake(description: "a key must have at least \(CodeKeys.keyBytesMin) bytes")
        }
        live = keys.map { ($0.id, SymmetricKey(data: $0.bytes)) }
    }

    /// The id of the key that new codes are hashed under.
    var currentID: Int { live[0].id }

    /// What is stored for a new code.
    func lookup(for code: VoucherCode) -> CodeLookup {
        CodeLookup(keyID: live[0].id, digest: CodeKeys.digest(code.characters, live[0].key))
    }

    /// What may be stored for a code: one lookup for each live key, the current first.
    func lookups(for code: VoucherCode) -> [CodeLookup] {
        lookups(ofBytes: code.characters)
    }

    func lookups(ofBytes bytes: [UInt8]) -> [CodeLookup] {
        live.map { CodeLookup(keyID: $0.id, digest: CodeKeys.digest(bytes, $0.key)) }
    }

    private static func digest(_ bytes: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }

    /// The ids alone.
    var description: String { "keys \(live.map { String($0.id) }.joined(separator: ", "))" }

    /// A mirror without children.
    var customMirror: Mirror { Mirror(self, children: []) }
}
