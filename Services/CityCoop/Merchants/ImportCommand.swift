import ArgumentParser
import CSV
import Contracts
import Crypto
import FoundationEssentials
import Messaging

/// Brings data in from files.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring data in from files.", subcommands: [ImportMerchantsCommand.self])
}

/// Registers the merchants of a CSV file.
struct ImportMerchantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merchants",
        abstract: "Register the merchants of a CSV file in a city.",
        discussion: """
            The first line names the columns: \(MerchantColumn.allCases.map(\.rawValue).joined(separator: ", ")). Only \
            name has to be there; commas and semicolons will do. A line that is wrong is reported and stops no other.

            The same file again has no second effect. Exit code 0: every line is registered; 1: some are not.

            Examples:
              citycoop import merchants merchants.csv --city lendava
              citycoop import merchants merchants.csv --city lendava --reason "members of 2026"
            """)

    @Argument(help: ArgumentHelp("The file, in UTF-8.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The city's slug.", valueName: "slug"))
    var city: String

    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text"))
    var reason: String?

    @Option(help: "Seconds to wait for each part of the file.")
    var timeout = Seconds(120)

    func run() async throws {
        try await reporting {
            let bytes = try read()
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let cityId = try await session.requester.cityId(of: city)
                let parts = try MerchantFile.commands(of: bytes, into: cityId, reason: reason)
                for (number, command) in parts.enumerated() {
                    let waiting = "importing part \(number + 1) of \(parts.count)"
                    _ = try await Progress.during(waiting) {
                        try await session.requester.call(command, within: timeout.duration)
                    }
                }
                try await show(MerchantFile.importId(of: bytes, into: cityId), cityId, session.requester)
            }
        }
    }

    private func read() throws(CommandFailure) -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {
            throw CommandFailure(.usage, "The file cannot be read: \(file)")
        }
        return [UInt8](data)
    }

    /// Prints every bad line and the sums; ends with 1 if a line is bad.
    private func show(_ importId: UUID, _ cityId: UUID, _ requester: Requester) async throws {
        var after: Int?
        var report: GetImportReport.Reply
        repeat {
            report = try await requester.call(
                GetImportReport(importId: importId, cityId: cityId, after: after), within: timeout.duration)
            for bad in report.badLines {
                let fields = (bad.fields ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                Terminal.write(
                    "line \(bad.line): \(bad.code)" + (fields.isEmpty ? "" : ": \(fields.joined(separator: "; "))"))
            }
            after = report.next
        } while after != nil
        Terminal.write(
            "\(report.lines) lines: \(report.registered) registered, \(report.unchanged) unchanged, \(report.bad) bad "
                + "(import \(importId.text))")
        if report.bad > 0 { throw ExitCode.refused }
    }
}

/// A CSV file of merchants in parts, each of which fits into a message and has the line of columns.
enum MerchantFile {
    /// A part, and the line of the file that follows its line of columns.
    struct Part: Equatable {
        var csv: String
        var firstLine: Int
    }

    /// Small enough that the service answers within seconds, and that few lines are in memory at once.
    static let partBytesMax = 192 << 10
    /// The most lines of a part.
    static let partLinesMax = 2_000

    /// Cuts a file between records.
    static func parts(
        of bytes: [UInt8], bytesMax: Int = partBytesMax, linesMax: Int = partLinesMax
    ) throws(CommandFailure) -> [Part] {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw CommandFailure(.usage, "The file is not in UTF-8.", hint: "iconv -f WINDOWS-1250 -t UTF-8 turns it")
        }
        var reader = CSVReader(bytes)
        guard let columns = reader.next(), columns.mistake == nil, !columns.fields.isEmpty else {
            throw CommandFailure(.usage, "The file has no line of columns.")
        }
        var header = String(decoding: bytes[columns.bytes], as: UTF8.self)
        if header.utf8.last != 0x0A && header.utf8.last != 0x0D { header += "\r\n" }
        var parts: [Part] = []
        var cut: (bytes: Range<Int>, firstLine: Int)?
        func close() {
            guard let cut else { return }
            let csv = header + String(decoding: bytes[cut.bytes], as: UTF8.self)
            parts.append(Part(csv: csv, firstLine: cut.firstLine))
        }
        while let record = reader.next() {
            if let part = cut, record.bytes.upperBound - part.bytes.lowerBound <= bytesMax,
                record.line - part.firstLine < linesMax
            {
                cut = (part.bytes.lowerBound..<record.bytes.upperBound, part.firstLine)
            } else {
                close()
                cut = (record.bytes, record.line)
            }
        }
        close()
        return parts.isEmpty ? [Part(csv: header, firstLine: 2)] : parts
    }

    /// The commands that import a file, one for each part.
    static func commands(
        of bytes: [UInt8], into cityId: UUID, reason: String?
    ) throws(CommandFailure) -> [ImportMerchants] {
        let importId = importId(of: bytes, into: cityId)
        let parts = try parts(of: bytes)
        return parts.enumerated().map { number, part in
            ImportMerchants(
                importId: importId, cityId: cityId, csv: Secret(part.csv), partNumber: number + 1,
                partCount: parts.count, firstLine: part.firstLine, reason: reason)
        }
    }

    /// The same for the same file and city, so that importing it again has no effect.
    static func importId(of bytes: [UInt8], into cityId: UUID) -> UUID {
        var hash = SHA256()
        hash.update(data: Array(cityId.text.utf8))
        hash.update(data: bytes)
        var id = Array(hash.finalize())
        id[6] = id[6] & 0x0F | 0x80
        id[8] = id[8] & 0x3F | 0x80
        return UUID(
            uuid: (
                id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13],
                id[14], id[15]
            ))
    }
}

extension Requester {
    /// The id of the city with this slug.
    func cityId(of slug: String) async throws -> UUID {
        try await call(GetCity(slug: slug), within: .seconds(10)).city.cityId
    }
}
