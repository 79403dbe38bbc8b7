import Synchronization

/// A value that must reach no log, no list and no stored body in the clear: a voucher code, a token.
///
/// On the wire it is a plain string. A body that holds one is encrypted wherever the suite stores it, which the encoder
/// learns from ``SecretWitness``.
public struct Secret: Codable, Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The value in the clear; whoever reads this property answers for where it goes.
    public let revealed: String

    /// Wraps a value.
    public init(_ revealed: String) {
        self.revealed = revealed
    }

    /// Reads a plain string.
    public init(from decoder: any Decoder) throws {
        revealed = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes a plain string, or the mask if the encoder's witness asks for that, and tells the witness.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let witness = encoder.userInfo[SecretWitness.key] as? SecretWitness
        witness?.noteSecret()
        try container.encode(witness?.masks == true ? Secret.mask : revealed)
    }

    /// What stands for a secret wherever people look.
    public static let mask = "••••"

    /// The mask.
    public var description: String { Secret.mask }

    /// A mirror without children, so that dumping a message shows no secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Notes whether an encoder met a ``Secret``, and can have secrets masked; goes into the encoder's `userInfo`.
public final class SecretWitness: Sendable {
    /// Where an encoder keeps its witness.
    public static let key = CodingUserInfoKey(rawValue: "citycoop.secret-witness") ?? { preconditionFailure() }()

    /// Whether secrets are written as ``Secret/mask``.
    public let masks: Bool
    private let met = Atomic(false)

    /// Makes a witness that has seen nothing.
    public init(masks: Bool = false) {
        self.masks = masks
    }

    /// Whether a secret was met since this was asked last.
    public func takeSawSecret() -> Bool {
        met.exchange(false, ordering: .relaxed)
    }

    func noteSecret() {
        met.store(true, ordering: .relaxed)
    }
}
