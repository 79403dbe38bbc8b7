import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Writes the files of a closed run.
struct SettlementFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Write every file of a closed run: for the banks as pain.001, for people as CSV, and the statements.",
        discussion: """
            Each file is compared with its SHA-256 and each city's files with its sum before anything is written; SHA256SUMS \
            lists them for `sha256sum -c`. Whole account numbers stand in them: only the user can read them. Written again \
            they are the same; a file with other content is left alone, with exit code 1.

            Examples:
              citycoop settlement files banks/
              citycoop settlement files banks/ --month 2026-12 --city weiz
            """)

    @Argument(help: "Where to; made if it is not there.")
    var folder: String

    @OptionGroup var which: RunOptions

    @Option(help: ArgumentHelp("Only what this city pays, and its merchants' statements.", valueName: "slug"))
    var city: String?

    @OptionGroup var options: SettlementOptions

    @Flag(help: "One JSON object for each file.")
    var json = false

    func run() async throws {
        try await options.with { settlements in
            let id = try await which.find(in: settlements)
            let cityId: UUID? =
                if let city { try await settlements.stage.requester.cityId(of: city) } else { nil }
            let files = try await settlements.files(of: id, city: cityId)
            try SettlementFolder(path: folder).write(files)
            for file in files where json { Terminal.write(json: file.summary) }
            if !json {
                let rows = files.map { [$0.name, $0.note, String($0.sha256.prefix(16)) + "…"] }
                for line in TextTable(rows).lines { Terminal.write(line) }
            }
        }
    }
}

/// A file of a run, as it is written.
struct SettlementFile: Sendable {
    /// A name without a folder.
    let name: String
    let content: Secret
    let sha256: String
    /// How many payments are in it, and their sum; none in statements.
    var payments: (count: Int, sum: Money)?

    /// What is told of it.
    struct Summary: Codable, Equatable, Sendable {
        let name: String
        let sha256: String
        let payments: Int?
        let sum: Money?
    }

    var summary: Summary { Summary(name: name, sha256: sha256, payments: payments?.count, sum: payments?.sum) }

    /// For people.
    var note: String { payments.map { "\($0.count) payments, \($0.sum)" } ?? "statements" }

    /// A file that vouchers has given; throws if it is not what it says of itself.
    init(_ reply: GetPaymentFile.Reply, currency: String) throws(CommandFailure) {
        let digest = reply.content.revealed.utf8.sha256
        guard digest == reply.sha256 else {
            throw CommandFailure(.refused, "\(reply.name) has another SHA-256 than was told: \(digest).")
        }
        try self.init(name: reply.name, content: reply.content, sha256: digest)
        payments = (reply.payouts, Money(reply.sum, currency))
    }

    /// A file of our own making.
    init(name: String, content: Secret) throws(CommandFailure) {
        try self.init(name: name, content: content, sha256: content.revealed.utf8.sha256)
    }

    private init(name: String, content: Secret, sha256: String) throws(CommandFailure) {
        // It comes from elsewhere, and becomes a path here.
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let first = name.utf8.first, first != UInt8(ascii: "."), name.utf8.count <= 100 else {
            throw CommandFailure(.refused, "'\(name.prefix(100))' is no name for a file.")
        }
        (self.name, self.content, self.sha256) = (name, content, sha256)
    }
}

extension Settlements {
    /// Every file of a closed run, checked against what the run says.
    func files(of runId: UUID, city: UUID?) async throws -> [SettlementFile] {
        let settlement = try await ask(GetSettlement(runId: runId))
        guard settlement.run.state == .closed else {
            throw CommandFailure(
                .refused, "The settlement is \(settlement.run.state.rawValue): there are no payments yet.",
                hint: "citycoop settlement close --pay-on YYYY-MM-DD  makes them")
        }
        var files: [SettlementFile] = []
        for debtor in settlement.debtors where city == nil || debtor.cityId == city {
            for format in debtor.currency == "EUR" ? [PaymentFormat.pain001, .csv] : [.csv] {
                files += try await self.files(of: debtor, in: runId, as: format)
            }
        }
        var csv = ""
        try await statements(of: runId, city: city) { csv += $0 }
        let of = city.map { "-\($0.text.prefix(8))" } ?? ""
        files.append(
            try SettlementFile(name: "\(settlement.run.period.from)\(of)-statements.csv", content: Secret(csv)))
        return files
    }

    private func files(
        of debtor: GetSettlement.Debtor, in runId: UUID, as format: PaymentFormat
    ) async throws -> [SettlementFile] {
        var files: [SettlementFile] = []
        var (count, sum): (Int64, Int64) = (0, 0)
        for part in stride(from: 1, through: debtor.parts, by: 1) {
            let reply = try await ask(
                GetPaymentFile(
                    runId: runId, cityId: debtor.cityId, currency: debtor.currency, format: format, part: part))
            files.append(try SettlementFile(reply, currency: debtor.currency))
            (count, sum) = (count &+ Int64(reply.payouts), sum &+ reply.sum)
        }
        guard count == debtor.payouts, sum == debtor.sum else {
            throw CommandFailure(
                .refused,
                """
                The files have \(count) payments, \(Money(sum, debtor.currency)); the settlement has \
                \(debtor.payouts), \(Money(debtor.sum, debtor.currency)).
                """)
        }
        return files
    }
}

/// A folder that files of runs are written to.
struct SettlementFolder: Sendable {
    static let sums = "SHA256SUMS"

    let path: String

    /// Writes files that only their owner can read; one that is there with other content is not touched.
    func write(_ files: [SettlementFile]) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let others = files.filter { file in
            guard let present = try? Data(contentsOf: URL(filePath: "\(path)/\(file.name)")) else { return false }
            return present.sha256 != file.sha256
        }
        guard others.isEmpty else {
            throw CommandFailure(
                .refused, "Other content is there already: \(others.map(\.name).joined(separator: ", ")).",
                hint: "write to another folder, or move these away")
        }
        for file in files { try write(file.content.revealed, to: file.name) }
        try write(files.map { "\($0.sha256)  \($0.name)\n" }.joined(), to: Self.sums)
    }

    private func write(_ text: String, to name: String) throws {
        let file = "\(path)/\(name)"
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.refused, "\(file) cannot be written.") }
    }
}
