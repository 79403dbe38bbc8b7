internal import COpenSSL

/// What libcrypto could not do; its words say why, and hold nothing of the content.
public struct CMSFailure: Error, Sendable, CustomStringConvertible {
    /// The call, and libcrypto's words.
    public let description: String

    init(_ call: String) {
        let code = ERR_get_error()
        description =
            "\(call): " + (unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "failed")
        ERR_clear_error()
    }
}

/// Encrypts bytes for a recipient: CMS enveloped data (RFC 5652) in DER, AES-256-CBC.
///
/// That is what every tool for CMS opens, `openssl cms -decrypt -inform DER` among them; CBC because readers older than RFC 5083
/// know nothing else. It hides the content and does not protect it against change: the hash of the file, told on another way,
/// does.
public enum CMSEnvelope {
    /// Rounds of PBKDF2 that make a key of a password: some 80 ms of a core, for one guess as for one file.
    static let passwordRounds = 200_000

    /// Encrypts `content`; whoever is the recipient can open it, and nobody else.
    public static func encrypt(_ content: [UInt8], for recipient: CMSRecipient) throws(CMSFailure) -> [UInt8] {
        guard let envelope = unsafe CMS_encrypt(nil, nil, EVP_aes_256_cbc(), flags | UInt32(CMS_PARTIAL)) else {
            throw CMSFailure("CMS_encrypt")
        }
        defer { unsafe CMS_ContentInfo_free(envelope) }
        switch recipient.kind {
        case .certificate(let pem):
            guard let certificate = OpenedCertificate(pem) else { throw CMSFailure("PEM_read_bio_X509") }
            let added = unsafe certificate.lend { unsafe CMS_add1_recipient_cert(envelope, $0, 0) != nil }
            guard added else { throw CMSFailure("CMS_add1_recipient_cert") }
        case .password(let password):
            guard unsafe add(password, to: envelope) else { throw CMSFailure("CMS_add0_recipient_password") }
        }
        let isFinal = unsafe CMSBytes(content).read { unsafe CMS_final(envelope, $0, nil, flags) == 1 }
        guard isFinal else { throw CMSFailure("CMS_final") }
        guard let bytes = unsafe CMSBytes.written({ unsafe i2d_CMS_bio($0, envelope) == 1 }) else {
            throw CMSFailure("i2d_CMS_bio")
        }
        return bytes
    }

    /// The content as it is, without translating line ends.
    private static let flags = UInt32(CMS_BINARY)

    private static func add(_ password: [UInt8], to envelope: OpaquePointer) -> Bool {
        // The envelope frees the password, and so gets a copy from libcrypto's own memory.
        let copy = unsafe password.withUnsafeBytes { unsafe CRYPTO_memdup($0.baseAddress, $0.count, nil, 0) }
        guard let copy = unsafe copy else { return false }
        return unsafe CMS_add0_recipient_password(
            envelope, Int32(passwordRounds), 0, 0, copy.assumingMemoryBound(to: UInt8.self), password.count, nil) != nil
    }
}

/// Bytes as libcrypto reads and writes them.
struct CMSBytes {
    /// Never empty, so that there is always an address.
    private let bytes: [UInt8]
    private let count: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes.isEmpty ? [0] : bytes
        count = bytes.count
    }

    /// Lends a source of the bytes.
    @unsafe func read<Value>(_ body: (OpaquePointer?) -> Value) -> Value {
        unsafe bytes.withUnsafeBytes { bytes in
            let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: count))
            defer { unsafe BIO_free(source) }
            return unsafe body(source)
        }
    }

    /// Lends a sink and returns what was written into it; `nil` if `body` fails.
    @unsafe static func written(_ body: (OpaquePointer?) -> Bool) -> [UInt8]? {
        guard let sink = unsafe BIO_new(BIO_s_mem()) else { return nil }
        defer { unsafe BIO_free(sink) }
        guard unsafe body(sink) else { return nil }
        let count = unsafe BIO_ctrl_pending(sink)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = unsafe max(0, Int(BIO_read(sink, buffer.baseAddress, Int32(clamping: count))))
        }
    }
}
