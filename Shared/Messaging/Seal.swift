public import Crypto
import FoundationEssentials

/// Encrypts stored bodies that may hold a secret: AES-256-GCM under the newest key, with that key's id in front.
///
/// What is bound to a row (`context`) opens in that row only.
public struct Seal: Sendable {
    /// Why a body could not be opened.
    public enum Failure: Error, Sendable {
        /// The key that sealed it is not among the keys of this service.
        case unknownKey(UInt8)
        /// It was changed, cut, or belongs to another row.
        case broken
    }

    private let keys: [UInt8: SymmetricKey]
    private let newest: UInt8

    /// Makes a seal from keys of 32 bytes by id; the key with the highest id seals, all of them open.
    public init?(keys: [UInt8: [UInt8]]) {
        guard let newest = keys.keys.max(), keys.values.allSatisfy({ $0.count == 32 }) else { return nil }
        self.keys = keys.mapValues { SymmetricKey(data: $0) }
        self.newest = newest
    }

    /// Encrypts `bytes` for the row that `context` names.
    public func seal(_ bytes: [UInt8], for context: [UInt8]) throws -> [UInt8] {
        guard let key = keys[newest] else { throw Failure.unknownKey(newest) }
        let box = try AES.GCM.seal(bytes, using: key, authenticating: context)
        return [newest] + box.nonce + box.ciphertext + box.tag
    }

    /// Decrypts what ``seal(_:for:)`` made for the same row.
    public func open(_ sealed: [UInt8], for context: [UInt8]) throws -> [UInt8] {
        guard let id = sealed.first else { throw Failure.broken }
        guard let key = keys[id] else { throw Failure.unknownKey(id) }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst())
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: context))
        } catch {
            throw Failure.broken
        }
    }
}

extension UUID {
    /// The sixteen bytes.
    var bytes: [UInt8] {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid
        return [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}
