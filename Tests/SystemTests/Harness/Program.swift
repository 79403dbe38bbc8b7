import Foundation
import TestKit

/// Runs other programs to their end.
enum Program {
    /// What a program left behind.
    struct Result: Sendable {
        let status: Int32
        let output: String
    }

    /// A program ended otherwise than it should.
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program and returns its status with everything that it wrote.
    ///
    /// The output goes through a file: a pipe would stay open as long as any daemon that the program started.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [],
        within limit: Duration = .seconds(240)
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory
        let output = folder.appending(path: "citycoop-output-\(UUID().uuidString)")
        let given = folder.appending(path: "citycoop-input-\(UUID().uuidString)")
        defer {
            try? FileManager.default.removeItem(at: output)
            try? FileManager.default.removeItem(at: given)
        }
        try Data().write(to: output)
        try Data(input).write(to: given)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let writing = try FileHandle(forWritingTo: output)
        process.standardInput = try FileHandle(forReadingFrom: given)
        process.standardOutput = writing
        process.standardError = writing
        try process.runUnblocked()
        do {
            try await eventually(within: limit, "the end of \(path) \(arguments.joined(separator: " "))") {
                !process.isRunning
            }
        } catch {
            process.terminate()
            throw error
        }
        try? writing.close()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return Result(status: process.terminationStatus, output: text)
    }

    /// Runs a program that has to succeed, and returns what it wrote.
    static func output(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
    ) async throws -> String {
        let result = try await run(path, arguments, environment: environment, input: input)
        guard result.status == 0 else {
            throw Failed(description: "\(path) \(arguments.joined(separator: " ")): \(result.status)\n\(result.output)")
        }
        return result.output
    }
}

extension Process {
    /// Runs with no signal blocked.
    ///
    /// A child inherits the mask of the thread that starts it, and the threads that tasks run on block nearly all
    /// signals: no SIGTERM would ever reach the child, nor what it starts in turn.
    func runUnblocked() throws {
        var none = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}

/// What the tests find in their environment.
enum Surroundings {
    /// A variable is missing.
    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "\(name) is not set: run infra/test" }
    }

    static func value(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { throw Missing(name: name) }
        return value
    }

    /// The folder with the suite's executables: beside the test bundle, unless the environment says otherwise.
    static func programs() throws -> String {
        if let folder = try? value("CITYCOOP_TEST_PROGRAMS") { return folder }
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        let path = try bundle ?? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: path).deletingLastPathComponent().path
    }
}
