import Contracts
import Crypto
import FoundationEssentials

/// What an earlier id of a till stands for, without its code: a keyed hash of everything the till said.
struct RedemptionContent: Hashable, Sendable {
    var keyID: Int
    /// 32 bytes.
    var digest: [UInt8]

    /// The content of a command without a code, which needs no key; ids of keys begin at 1.
    init(of text: String) {
        (keyID, digest) = (0, Array(SHA256.hash(data: Array(text.utf8))))
    }

    init(keyID: Int, digest: [UInt8]) {
        self.keyID = keyID
        self.digest = digest
    }
}

/// A code as somebody says it, hashed: ready for locks and decisions.
struct PresentedCode: Sendable {
    /// One for each live key, the current first; none if it cannot be a code.
    let lookups: [CodeLookup]
    /// Why it cannot be one.
    let mistake: VoucherCode.Mistake?
    /// Whatever was said, under each live key, the current first.
    private let hashes: [CodeLookup]

    init(_ code: Secret, keys: CodeKeys) {
        do {
            hashes = keys.lookups(for: try VoucherCode(parsing: code.revealed))
            lookups = hashes
            mistake = nil
        } catch {
            // A mistyped code is a secret as well: one letter away from money.
            hashes = keys.lookups(ofBytes: Array(code.revealed.utf8))
            lookups = []
            mistake = error
        }
    }

    /// The content of a command that says the code and `rest`, under each live key, the current first.
    func contents(with rest: String) -> [RedemptionContent] {
        hashes.map { hashed in
            var hash = SHA256()
            hash.update(data: hashed.digest)
            hash.update(data: Array(rest.utf8))
            return RedemptionContent(keyID: hashed.keyID, digest: Array(hash.finalize()))
        }
    }
}
