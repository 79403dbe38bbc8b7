import FoundationEssentials
import Testing

/// Files with texts and mails as a reader gets them; a change of a word shows as a change of a file.
enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    /// Compares with a file, whose lines end with LF.
    ///
    /// Where `CITYCOOP_WRITE_GOLDEN` is set, the file is written first.
    static func compare(_ text: String, with name: String) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8) == text, "\(name); CITYCOOP_WRITE_GOLDEN=1 writes it anew")
    }
}
