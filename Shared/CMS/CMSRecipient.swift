internal import COpenSSL

/// Why somebody cannot be written to.
public enum CMSUnusable: Error, Sendable, Equatable {
    /// It is no X.509 certificate in PEM.
    case noCertificate
    /// Its time is over, or has not come.
    case notCurrent
    /// Its key is too short, or of a kind that nothing is encrypted for.
    case weakKey
}

/// Somebody who can open an envelope: the holder of a certificate's key, or whoever knows a password.
public struct CMSRecipient: Sendable {
    enum Kind: Sendable {
        /// PEM that has been read once.
        case certificate([UInt8])
        case password([UInt8])
    }

    /// As strong as RSA is asked to be today; curves have their own measure.
    static let rsaBitsMin: Int32 = 2_048
    /// About as strong as that.
    static let curveBitsMin: Int32 = 224

    let kind: Kind
    /// The SHA-256 of the certificate, which is public; `nil` for a password.
    public let fingerprint: [UInt8]?

    /// Takes the first certificate of a PEM text, if it is current and strong enough.
    public init(certificate pem: String) throws(CMSUnusable) {
        let bytes = Array(pem.utf8)
        guard let certificate = OpenedCertificate(bytes) else { throw .noCertificate }
        guard certificate.isCurrent else { throw .notCurrent }
        guard certificate.isStrong else { throw .weakKey }
        kind = .certificate(bytes)
        fingerprint = certificate.fingerprint
    }

    /// Takes a password; how good it is, the caller judges.
    public init(password: String) {
        kind = .password(Array(password.utf8))
        fingerprint = nil
    }
}

/// A certificate while it is used; owns the C handle.
@safe struct OpenedCertificate: ~Copyable {
    private let handle: OpaquePointer

    /// Reads PEM; `nil` if there is no certificate in it.
    init?(_ pem: [UInt8]) {
        guard let text = unsafe CMSBytes(pem).read({ unsafe PEM_read_bio_X509($0, nil, Self.noPassword, nil) }) else {
            ERR_clear_error()
            return nil
        }
        unsafe handle = text
    }

    deinit {
        unsafe X509_free(handle)
    }

    /// Without it, PEM that is encrypted would ask for its password at the terminal.
    private static let noPassword:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = { _, _, _, _ in
            -1
        }

    var isCurrent: Bool {
        unsafe X509_cmp_current_time(X509_get0_notBefore(handle)) < 0
            && X509_cmp_current_time(X509_get0_notAfter(handle)) > 0
    }

    var isStrong: Bool {
        guard let key = unsafe X509_get0_pubkey(handle) else { return false }
        let bits = unsafe EVP_PKEY_get_bits(key)
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return bits >= CMSRecipient.rsaBitsMin
        case EVP_PKEY_EC: return bits >= CMSRecipient.curveBitsMin
        default: return false
        }
    }

    var fingerprint: [UInt8]? {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        return unsafe X509_digest(handle, EVP_sha256(), &digest, &length) == 1 && length == 32 ? digest : nil
    }

    /// Lends the certificate.
    func lend<Value>(_ body: (OpaquePointer) -> Value) -> Value {
        unsafe body(handle)
    }
}
