import Contracts
import Crypto
import FoundationEssentials
import Processes

/// A folder that is gone when the story has used it, and the programs of the machine that files are opened with there.
///
/// Only its owner can read it: keys and codes lie in it for a moment.
struct Desk: Sendable {
    private static let programs = "/usr/bin"

    private let folder: String

    /// Makes the folder, and removes it after the body.
    static func with<Result>(_ body: (Desk) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/citycoop-\(UUID().text)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(Desk(folder: folder))
    }

    /// Whether the machine has a program.
    static func has(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "\(programs)/\(program)")
    }

    /// Where a file of the folder is.
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes a file.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
    }

    /// Reads a file.
    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path(name))))
    }

    /// Runs a program that has to succeed; what it says goes nowhere.
    func run(_ program: String, _ arguments: [String]) async throws {
        let end = try await Program("\(Self.programs)/\(program)", arguments).run { _ in }
        guard end.isSuccess else {
            throw CommandFailure(.refused, "\(program) \(arguments.first ?? ""): \(end)")
        }
    }
}

extension Sequence<UInt8> {
    /// The SHA-256 of these bytes in hexadecimal digits.
    var sha256: String { SHA256.hash(data: Array(self)).hexadecimal }

    /// These bytes in hexadecimal digits.
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
