import Crypto

/// The two hashes by which the inbox knows a message.
struct InboxKey: Hashable, Sendable {
    /// SHA-256 of user, source and id.
    let bytes: [UInt8]

    init(_ envelope: Envelope) {
        var hash = SHA256()
        hash.update(field: envelope.user ?? "")
        hash.update(field: envelope.source)
        hash.update(field: envelope.id)
        bytes = [UInt8](hash.finalize())
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// SHA-256 of all of it: the same only for the same message.
    func fingerprint(_ content: [UInt8]) -> [UInt8] {
        [UInt8](SHA256.hash(data: bytes + content))
    }

    /// SHA-256 of type and body: what must not differ under one id.
    static func content(type: String, body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(field: type)
        hash.update(data: body)
        return [UInt8](hash.finalize())
    }
}

extension SHA256 {
    /// Adds a text with its length in front, so that no two lists of texts look alike.
    fileprivate mutating func update(field text: String) {
        let length = UInt32(truncatingIfNeeded: text.utf8.count)
        update(data: (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(text.utf8))
    }
}
