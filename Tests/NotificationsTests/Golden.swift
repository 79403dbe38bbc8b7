import FoundationEssentials

/// The files that say what comes out, to the letter.
enum Golden {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    /// The text of a file; writes it first if `CITYCOOP_WRITE_GOLDEN` is set.
    static func text(_ name: String, now: String) throws -> String {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil { try Data(now.utf8).write(to: file) }
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    /// The names of the files that are there.
    static func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }
}
