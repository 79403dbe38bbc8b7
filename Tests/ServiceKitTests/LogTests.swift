import FlyingSocks
import FoundationEssentials
import Glibc
import Logging
import Synchronization
import TestKit
import Testing

@testable import ServiceKit

/// Keeps lines in memory; refuses them while it is told to.
final class MemorySink: LogSink {
    private let state = Mutex((lines: [[UInt8]](), isFull: false))

    var lines: [String] { state.withLock { $0.lines.map { String(decoding: $0, as: UTF8.self) } } }
    var lengths: [Int] { state.withLock { $0.lines.map(\.count) } }

    func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    func write(_ line: [UInt8]) -> Bool {
        state.withLock {
            if !$0.isFull { $0.lines.append(line) }
            return !$0.isFull
        }
    }
}

private struct Refused: Error, CustomStringConvertible {
    let description: String
}

/// What a JSON line says, as far as these tests ask.
private struct Line: Decodable {
    let time: String
    let level: String
    let service: String
    let message: String
    var text: String?
    var truncated: Bool?
    var dropped: String?
}

private func log(_ format: LogFormat, _ sink: any LogSink, level: Logger.Level = .trace) -> ServiceLog {
    ServiceLog(
        service: "shop", format: format, level: level, sink: sink,
        now: { Date(timeIntervalSince1970: 1_795_353_230.25) })
}

@Suite("Logs")
struct LogTests {
    @Test("a JSON line has time, level, service, message and the metadata as fields")
    func json() {
        let sink = MemorySink()
        var logger = log(.json, sink).logger("shop")
        logger[metadataKey: "queue"] = "shop.commands"
        logger.notice(
            "Took a batch.",
            metadata: [
                "size": "\(3)", "ids": ["a", "b"], "timing": ["total": "5 ms", "database": "3 ms"], "message": "own",
            ])
        log(.json, sink).logger("shop.outbox").error("It failed.", error: Refused(description: "no \"room\""))
        #expect(
            sink.lines == [
                #"{"time":"2026-11-22T13:13:50.250Z","level":"notice","service":"shop","message":"Took a batch.","#
                    + #""ids":["a","b"],"_message":"own","queue":"shop.commands","size":"3","#
                    + #""timing":{"database":"3 ms","total":"5 ms"}}"# + "\n",
                #"{"time":"2026-11-22T13:13:50.250Z","level":"error","service":"shop","message":"It failed.","#
                    + #""logger":"shop.outbox","error":"no \"room\""}"# + "\n",
            ])
    }

    @Test("a plain line is words for people")
    func plain() {
        let sink = MemorySink()
        let logger = log(.plain, sink).logger("shop")
        logger.info("He said \"no\".", metadata: ["size": "3", "text": "two words", "list": ["a"], "none": ""])
        logger.critical("one\ntwo\u{1B}[31m")
        #expect(
            sink.lines == [
                "2026-11-22T13:13:50.250Z INFO     shop: He said \"no\". list=[\"a\"] none=\"\" size=3 "
                    + "text=\"two words\"\n",
                "2026-11-22T13:13:50.250Z CRITICAL shop: one\\ntwo\\u001b[31m\n",
            ])
    }

    @Test("lines below the level are not written")
    func level() {
        let sink = MemorySink()
        let logger = log(.plain, sink, level: .warning).logger("shop")
        logger.info("no")
        logger.warning("yes")
        #expect(sink.lines.count == 1)
    }

    @Test("fields of the event go before fields of the logger, and those of the provider between them")
    func precedence() {
        let sink = MemorySink()
        var handler = ServiceLogHandler(
            label: "shop", log: log(.plain, sink),
            metadataProvider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
        handler.metadata = ["a": "logger", "b": "logger", "c": "logger"]
        let logger = Logger(label: "shop") { _ in handler }
        logger.info("x", metadata: ["a": "event"])
        #expect(sink.lines == ["2026-11-22T13:13:50.250Z INFO     shop: x a=event b=provider c=logger\n"])
    }

    @Test("any text comes out of a JSON line as it went in", arguments: 0..<50)
    func anyText(_ round: UInt64) throws {
        var generator = SeededGenerator(seed: 0x5EED + round)
        let text = generator.text(lengthMax: 400)
        let sink = MemorySink()
        let logger = log(.json, sink).logger("shop")
        logger.info("\(text)", metadata: ["text": "\(text)"])
        let line = try #require(sink.lines.first)
        #expect(line.filter { $0.isNewline }.count == 1 && line.last == "\n")
        #expect(!line.dropLast().unicodeScalars.contains { $0.isControl })
        let parsed = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        #expect(Array(parsed.message.unicodeScalars) == Array(text.unicodeScalars))
        #expect(parsed.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("whatever is logged, a line is valid JSON of at most 16 KiB, and says when something was left out")
    func bounded() throws {
        var deep = Logger.MetadataValue.string("bottom")
        for _ in 0..<2_000 { deep = .array([deep]) }
        let fields = (0..<5_000).map { ("field\($0)", Logger.MetadataValue.string("v")) }
        let many = Dictionary(uniqueKeysWithValues: fields)
        let huge = String(repeating: "ä\"\u{1}", count: 100_000)
        let cases: [(message: String, metadata: Logger.Metadata, truncated: Bool?)] = [
            (huge, [:], nil), (huge, ["text": "\(huge)", "x1": "\(huge)", "x2": "\(huge)"], true),
            ("deep", ["x": deep], nil),
            ("many", many, true), ("wide", ["x": .array(Array(repeating: .string("word"), count: 100_000))], true),
            ("name", [huge: "x"], nil), ("dictionary", ["x": .dictionary(many)], true),
        ]
        for (message, metadata, truncated) in cases {
            for format in LogFormat.allCases {
                let sink = MemorySink()
                log(format, sink).logger("shop").info("\(message)", metadata: metadata)
                #expect(sink.lengths.allSatisfy { $0 <= 16 << 10 })
                guard format == .json else { continue }
                let line = try JSONDecoder().decode(Line.self, from: Data(sink.lines.joined().utf8))
                #expect(line.truncated == truncated, "\(message.prefix(20))")
                #expect(line.message.hasPrefix(message.prefix(100)))
            }
        }
    }

    @Test("lines that were lost are counted in the next one that gets through")
    func dropped() throws {
        let sink = MemorySink()
        let logger = log(.json, sink).logger("shop")
        sink.setFull(true)
        for _ in 0..<3 { logger.info("lost") }
        sink.setFull(false)
        logger.info("through")
        logger.info("next")
        let lines = try sink.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.map(\.message) == ["through", "next"])
        #expect(lines.map(\.dropped) == ["3", nil])
    }

    @Test("a reader that has stopped holds nobody up, and what it reads later is whole", .timeLimit(.minutes(1)))
    func stalledReader() throws {
        let (reader, writer) = try connectedPair()
        defer { try? reader.close() }
        let sink = StandardErrorSink(descriptor: writer.file.rawValue)
        // Longer than one piece, so that the line that finds no room may have been taken in part.
        let line = Array(repeating: UInt8(ascii: "x"), count: 9_999) + [UInt8(ascii: "\n")]
        var taken = 0
        while sink.write(line) { taken += 1 }
        let clock = ContinuousClock()
        let time = clock.measure { for _ in 0..<1_000 { #expect(!sink.write(line)) } }
        #expect(time < .seconds(1))

        var received: [UInt8] = []
        while received.count < taken * line.count { received += try reader.read(atMost: 65_536) }
        while !sink.write(Array("again\n".utf8)) {}
        try writer.close()
        while let more = try? reader.read(atMost: 65_536), !more.isEmpty { received += more }
        let lines = received.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(lines.prefix(taken).allSatisfy { $0.count == 9_999 })
        #expect(lines.suffix(2).map { String(decoding: $0, as: UTF8.self) } == ["again", ""])
        #expect((taken + 2...taken + 3).contains(lines.count))
    }

    /// Two ends of a connection; the second does not block.
    private func connectedPair() throws -> (Socket, Socket) {
        let listener = try Socket(domain: AF_INET)
        defer { try? listener.close() }
        try listener.bind(to: sockaddr_in.inet(ip4: "127.0.0.1", port: 0))
        try listener.listen()
        guard case .ip4(_, let port) = try listener.sockname() else { throw Refused(description: "no port") }
        let writer = try Socket(domain: AF_INET)
        try writer.connect(to: sockaddr_in.inet(ip4: "127.0.0.1", port: port))
        try writer.setFlags(.nonBlocking)
        return (Socket(file: try listener.accept().file), writer)
    }

    @Test("a descriptor that takes nothing loses the line, not the process")
    func closedDescriptor() throws {
        #expect(!StandardErrorSink(descriptor: -1).write([0x0A]))
        let (reader, writer) = try connectedPair()
        try writer.close()
        #expect(!StandardErrorSink(descriptor: writer.file.rawValue).write([0x0A]))
        try reader.close()
    }
}
