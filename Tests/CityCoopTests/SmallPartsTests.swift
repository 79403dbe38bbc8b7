import Contracts
import FoundationEssentials
import Processes
import Testing

@testable import citycoop

@Suite struct SmallPartsTests {
    @Test func aNoteOfAProcessIsReadBack() {
        let note = ProcessNote(number: 4_711, startTicks: 12)
        #expect(ProcessNote(note.text) == note)
        #expect(ProcessNote("42\n") == ProcessNote(number: 42, startTicks: nil))
        for text in ["", "x", "-1", "0", "1", "42 x", "42 1 2", "99999999999"] {
            #expect(ProcessNote(text) == nil, "\(text)")
        }
    }

    @Test func anotherProcessUnderTheSameNumberIsNotTheService() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let processes = ServiceProcesses(folder: folder.path)
        try processes.prepare()
        #expect(processes.process(of: .cities) == nil)
        let own = ProcessID.current
        let note = folder.appending(path: "run/cities.pid")
        // This process runs, and is no city.
        try Data(ProcessNote(number: own.number, startTicks: own.startTicks).text.utf8).write(to: note)
        #expect(processes.process(of: .cities) == nil)
    }

    @Test func aServiceRunsUntilItIsStopped() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let processes = ServiceProcesses(folder: folder.path, arguments: ["600"])
        try processes.prepare()
        // A program by the name of the service stands in for it.
        try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: folder.appending(path: "events").path)
        let process = try processes.start(.events, executables: folder.path)
        defer { process.send(.kill) }
        while processes.process(of: .events) != process { await Task.yield() }
        process.send(.stop)
        #expect(processes.logLength(of: .events) == 0)
        try Data("12345".utf8).write(to: URL(filePath: processes.log(of: .events)))
        #expect(processes.logLength(of: .events) == 5)
        #expect(processes.logLength(of: .cities) == 0)
        let stop = ServiceStop(services: [.events, .cities], processes: processes)
        try await stop.run(within: .seconds(30), now: false) { _ in }
        #expect(processes.process(of: .events) == nil)
        #expect(process.executable == nil)
    }

    @Test func progressIsToldSeldom() {
        let told = (1...180).filter(Progress.isTold)
        #expect(told == [1, 3, 10, 30, 60, 120, 180])
    }

    @Test func tablesAlignTheirColumns() {
        let lines = TextTable([["a", "1", ""], ["long", "22", "x"], ["š"]], numeric: [1]).lines
        #expect(lines == ["a      1", "long  22  x", "š"])
        #expect(TextTable([]).lines == [])
    }

    @Test func percentilesAreOfTheNearestRank() {
        #expect(percentile(50, of: []) == nil)
        #expect(percentile(50, of: [3, 1, 2]) == 2)
        #expect(percentile(99, of: (1...100).map(Double.init)) == 99)
        #expect(percentile(99, of: [7]) == 7)
    }

    @Test func aResultHasTheFieldsThatScriptsRead() throws {
        var result = BenchResult("request", count: 100, seconds: 0.5)
        result.p50Milliseconds = 1.5
        #expect(
            JSONText.line(result) == #"{"bench":"request","count":100,"p50Milliseconds":1.5,"rate":200,"seconds":0.5}"#)
    }

    @Test func catalogueEntriesAreFoundByType() {
        #expect(MessageArguments.entry(of: "vouchers.redeem.v1")?.type == RedeemVoucher.type)
        #expect(MessageArguments.entry(of: "vouchers.redeem.v9") == nil)
    }
}
