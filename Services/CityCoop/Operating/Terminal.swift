import EventLoop
import FoundationEssentials
import Glibc

/// Where commands write: answers to stdout, everything about the way there to stderr.
enum Terminal {
    /// A reader may take its time.
    private static let waitForever: Int32 = -1

    /// Writes a line of the answer.
    static func write(_ text: String) {
        put(text + "\n", STDOUT_FILENO)
    }

    /// Writes a page of the answer, which has its line ends.
    static func write(page: String) {
        put(page, STDOUT_FILENO)
    }

    /// Writes a value as JSON on one line.
    static func write(json value: some Encodable) {
        write(JSONText.line(value))
    }

    /// Tells the user something that is not the answer.
    static func tell(_ text: String) {
        put(text + "\n", STDERR_FILENO)
    }

    /// Writes over the line that is being shown on stderr; only where a person looks.
    static func overwrite(_ text: String) {
        put("\r\u{1B}[K\(text)", STDERR_FILENO)
    }

    /// Puts an answer in the place of the one before; only where a person looks.
    static func redraw(_ text: String) {
        // Home, then each line with what stood behind it wiped out, then what stood below: no flicker.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\u{1B}[K\n" }
        put("\u{1B}[H\(lines.joined())\u{1B}[J", STDOUT_FILENO)
    }

    /// Whether a person looks at stdout.
    static var isScreen: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person looks at stderr.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    private static func put(_ text: String, _ descriptor: Int32) {
        let bytes = Array(text.utf8)
        // Nobody reads any more: there is nothing left to do here.
        guard BoundedWrite.write(bytes, to: descriptor, waitMilliseconds: waitForever) == bytes.count else { exit(1) }
    }
}

/// Our own values as JSON.
enum JSONText {
    /// On one line, keys in order.
    static func line(_ value: some Encodable) -> String {
        text(value, [.sortedKeys, .withoutEscapingSlashes])
    }

    /// Over several lines, keys in order.
    static func pretty(_ value: some Encodable) -> String {
        text(value, [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
    }

    private static func text(_ value: some Encodable, _ format: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = format
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("a value of our own cannot be encoded: \(error)")
        }
    }
}
