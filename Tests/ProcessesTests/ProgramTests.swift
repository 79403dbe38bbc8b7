import FoundationEssentials
import Glibc
import Processes
import Synchronization
import Testing

@Suite struct ProgramTests {
    private func lines(of program: Program) async throws -> (lines: [String], end: ProgramEnd) {
        let lines = Mutex<[String]>([])
        let end = try await program.run { line in lines.withLock { $0.append(line) } }
        return (lines.withLock { $0 }, end)
    }

    @Test func linesOfBothOutputsArriveWithTheEnd() async throws {
        let (lines, end) = try await lines(
            of: Program("/bin/sh", ["-c", "echo one; echo two >&2; printf three; exit 7"]))
        #expect(lines == ["one", "two", "three"])
        #expect(end == .code(7))
        #expect(!end.isSuccess)
    }

    @Test func aSignalIsToldApartFromACode() async throws {
        let (_, end) = try await lines(of: Program("/bin/sh", ["-c", "kill -9 $$"]))
        #expect(end == .signal(9))
    }

    @Test func standardInputIsEmptyAndTheEnvironmentIsOurs() async throws {
        let (lines, end) = try await lines(of: Program("/bin/sh", ["-c", "cat; echo \"$PATH\""]))
        #expect(lines == [ProcessInfo.processInfo.environment["PATH"] ?? ""])
        #expect(end.isSuccess)
    }

    @Test func noneOfOurDescriptorsIsInherited() async throws {
        let ours = unsafe open("/dev/null", O_RDONLY)
        defer { close(ours) }
        #expect(ours > STDERR_FILENO && fcntl(ours, F_GETFD) == 0)
        let (lines, _) = try await lines(
            of: Program("/bin/sh", ["-c", "test -e /proc/$$/fd/\(ours) && echo inherited; echo looked"]))
        #expect(lines == ["looked"])
    }

    @Test func aProgramThatDoesNotExistSaysSo() async {
        await #expect(throws: ProgramError.self) {
            _ = try await Program("/nowhere/program").run { _ in }
        }
    }

    @Test func aProgramInTheBackgroundLeadsASessionAndAppendsToItsLog() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "processes-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        try Data("earlier\n".utf8).write(to: log)
        let process = try Program("/bin/sh", ["-c", "echo started; exec sleep 600"]).startInBackground(log: log.path)
        defer { process.send(.kill) }
        #expect(process.startTicks != nil)
        while try !String(contentsOf: log, encoding: .utf8).hasSuffix("started\n") { await Task.yield() }
        while process.executable?.hasSuffix("sleep") != true { await Task.yield() }
        // Fields of /proc/N/stat behind the name: state, parent, group, session.
        let stat = try String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        #expect(fields[4] == "\(process)")
        #expect(process.send(.terminate))
        // Its program is gone a moment before it can be collected.
        while process.startTicks != nil {
            process.collect()
            await Task.yield()
        }
        #expect(process.executable == nil)
        #expect(try String(contentsOf: log, encoding: .utf8) == "earlier\nstarted\n")
    }

    @Test func aNumberThatIsNoProcessHasNothing() {
        for number: Int32 in [-1, 0, .max] {
            #expect(ProcessID(number: number).executable == nil)
            #expect(ProcessID(number: number).startTicks == nil)
            #expect(!ProcessID(number: number).send(.resume))
        }
        #expect(ProcessID.current.executable != nil)
    }
}
