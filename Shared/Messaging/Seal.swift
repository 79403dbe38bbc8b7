import Crypto
public import FoundationEssentials

/// Encrypts stored bodies that may hold a secret: AES-256-GCM, with the key's id in front.
///
/// What is bound to a row (`context`) opens in that row only.
public struct Seal: Sendable {
    /// Why a body could not be opened.
    public enum Failure: Error, Sendable {
        /// The key that sealed it is not among the keys of this service.
        case unknownKey(String)
        /// It was changed, cut, or belongs to another row.
        case broken
    }

    private let keys: [String: SymmetricKey]
    private let newest: (id: String, key: SymmetricKey)

    /// Makes a seal from keys of 32 bytes: the first seals, all of them open.
    ///
    /// Ids have 1 to 16 bytes.
    public init(keys: [(id: String, bytes: [UInt8])]) {
        precondition(!keys.isEmpty && keys.allSatisfy { $0.bytes.count == 32 && (1...16).contains($0.id.utf8.count) })
        self.keys = Dictionary(keys.map { ($0.id, SymmetricKey(data: $0.bytes)) }) { first, _ in first }
        newest = (keys[0].id, SymmetricKey(data: keys[0].bytes))
    }

    /// Encrypts `bytes` for the row that `context` names.
    public func seal(_ bytes: [UInt8], for context: [UInt8]) throws -> [UInt8] {
        let box = try AES.GCM.seal(bytes, using: newest.key, authenticating: context)
        return [UInt8(newest.id.utf8.count)] + newest.id.utf8 + box.nonce + box.ciphertext + box.tag
    }

    /// Decrypts what ``seal(_:for:)`` made for the same row.
    public func open(_ sealed: [UInt8], for context: [UInt8]) throws -> [UInt8] {
        guard let length = sealed.first, sealed.count > Int(length) else { throw Failure.broken }
        let id = String(decoding: sealed[1..<1 + Int(length)], as: UTF8.self)
        guard let key = keys[id] else { throw Failure.unknownKey(id) }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(1 + Int(length)))
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: context))
        } catch {
            throw Failure.broken
        }
    }
}

extension Seal {
    /// Hashes of a person's id that nobody can make without a key: one for each key, that of the newest first.
    ///
    /// The keys are not those of the encryption, but made from them.
    public func personKeys(_ personId: UUID) -> [[UInt8]] {
        let ids = [newest.id] + keys.keys.filter { $0 != newest.id }.sorted()
        return ids.compactMap { keys[$0] }.map { key in
            let derived = HMAC<SHA256>.authenticationCode(for: Array("citycoop person".utf8), using: key)
            return [UInt8](HMAC<SHA256>.authenticationCode(for: personId.bytes, using: SymmetricKey(data: derived)))
        }
    }

    /// Encrypts `bytes` for the row with this id.
    public func seal(_ bytes: [UInt8], for id: UUID) throws -> [UInt8] {
        try seal(bytes, for: id.bytes)
    }

    /// Decrypts what was encrypted for the row with this id.
    public func open(_ sealed: [UInt8], for id: UUID) throws -> [UInt8] {
        try open(sealed, for: id.bytes)
    }
}

extension UUID {
    /// The sixteen bytes.
    var bytes: [UInt8] {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid
        return [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}
