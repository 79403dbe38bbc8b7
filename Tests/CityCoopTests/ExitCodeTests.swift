import ArgumentParser
import Contracts
import FoundationEssentials
import ManagementAPI
import Messaging
import Processes
import Synchronization
import Testing

@testable import AMQP
@testable import citycoop

@Suite struct ExitCodeTests {
    @Test func errorsBelowBecomeTheCodesThatAreDocumented() {
        let cases: [(any Error, ExitCode)] = [
            (RequestError.problem(Problem("a", "b")), .refused), (RequestError.deadlineExceeded, .deadline),
            (RequestError.unroutable, .unreachable), (RequestError.notSent("x"), .unreachable),
            (RequestError.unreadable("x"), .refused), (Problem("a", "b"), .refused),
            (AMQPError(.connectFailed, "x"), .unreachable), (AMQPError(.loginRefused, "x"), .unreachable),
            (AMQPError(.peerSilent, "x"), .unreachable), (AMQPError(.addressInvalid, "x"), .usage),
            (AMQPError(.messageUnacceptable, "x"), .refused),
            (AMQPError(.channelClosed, replyCode: 404, "x"), .refused),
            (CommandFailure(.deadline, "x"), .deadline), (CancellationError(), .refused),
        ]
        for (error, code) in cases { #expect(CommandFailure(explaining: error).code == code, "\(error)") }
        #expect(ExitCode.refused.rawValue == 1)
        #expect(ExitCode.usage.rawValue == 64)
        #expect(ExitCode.unreachable.rawValue == 69)
        #expect(ExitCode.deadline.rawValue == 75)
    }

    @Test func missingSettingsAreNamedTogether() {
        let surroundings = Surroundings(variables: ["A": "1", "B": ""])
        let failure = #expect(throws: CommandFailure.self) { try surroundings.require("A", "B", "C") }
        #expect(failure?.code == .usage)
        #expect(failure?.text == "B, C are not set.")
        #expect(failure?.hint?.contains("source .citycoop/env") == true)
    }

    @Test func aSettingMayStandInAFile() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "setting-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("amqp://a:b@c/d\n".utf8).write(to: file)
        let surroundings = Surroundings(variables: ["X_FILE": file.path, "Y_FILE": "/nowhere"])
        #expect(try surroundings.value("X") == "amqp://a:b@c/d")
        #expect(throws: CommandFailure.self) { try surroundings.value("Y") }
        #expect(try surroundings.value("Z") == nil)
    }

    @Test func aServiceTellsItsHealthHereOrWhereItIsSaidTo() {
        let surroundings = Surroundings(variables: [
            "CITIES_HTTP_PORT": "8081", "EVENTS_HTTP_PORT": "0", "VOUCHERS_HTTP_PORT": "8083",
            "VOUCHERS_HEALTH_URL": "http://vouchers:8080/health/ready",
        ])
        #expect(surroundings.healthURL(of: .cities) == "http://127.0.0.1:8081/health/ready")
        #expect(surroundings.healthURL(of: .events) == nil)
        #expect(surroundings.healthURL(of: .vouchers) == "http://vouchers:8080/health/ready")
        #expect(surroundings.healthURL(of: .notifications) == nil)
    }

    /// The executable that the tests were built with, and what it says.
    private func citycoop(_ arguments: [String]) async throws -> (lines: [String], end: ProgramEnd) {
        let own = try #require(ProcessID.current.executable)
        let beside = String(own[..<(own.lastIndex(of: "/") ?? own.endIndex)])
        let folder = ProcessInfo.processInfo.environment["CITYCOOP_TEST_PROGRAMS"] ?? beside
        let lines = Mutex<[String]>([])
        let end = try await Program("\(folder)/citycoop", arguments).run { line in lines.withLock { $0.append(line) } }
        return (lines.withLock { $0 }, end)
    }

    @Test func theExecutableSaysWhatItDoes() async throws {
        let shown = try await citycoop(["topology", "show", "--json"])
        #expect(shown.end == .code(0))
        let json = Data(shown.lines.joined(separator: "\n").utf8)
        #expect(try JSONDecoder().decode(Topology.self, from: json) == .suite)
        let refused = try await citycoop(["bench", "redeem", "--count", "none"])
        #expect(refused.end == .code(64))
        let help = try await citycoop(["help", "dead", "discard"])
        #expect(help.end == .code(0))
        #expect(help.lines.contains { $0.contains("--reason") })
    }
}
