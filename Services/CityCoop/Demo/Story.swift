import Contracts

/// Prints a story for somebody who knows nothing of the suite yet.
enum Story {
    /// Begins a chapter.
    static func chapter(_ title: String) {
        Terminal.write("\n\(title)")
    }

    /// Tells what happened, and by which message.
    static func tell(_ text: String, by type: MessageType? = nil) {
        Terminal.write("  \(text)")
        if let type { Terminal.write("      \(type)") }
    }
}
