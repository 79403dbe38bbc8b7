/// A text that does not show itself: a password, a token.
///
/// Printing it, logging it or looking at it in a mirror gives `(secret)`; the text is had by asking for it.
public struct SecretText: Sendable, Equatable {
    /// The secret itself.
    public let revealed: String

    /// Takes a text into hiding.
    public init(_ text: String) {
        revealed = text
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `(secret)`.
    public var description: String { "(secret)" }
    /// Always `(secret)`.
    public var debugDescription: String { description }
    /// Empty.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
