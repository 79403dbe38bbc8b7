import CSV
import Contracts
import Crypto
import FoundationEssentials
import Messaging
import Postgres

/// Registers the merchants of a CSV text: `cities.import-merchants.v1`.
///
/// One part of a file is one transaction, whose lines are read, decided and written in groups.
struct ImportMerchantLines: Handler {
    static let access: AccessRule<ImportMerchants> = .editors { $0.cityId }
    /// A part may have as many bytes as a message can.
    static let batchMax = 1
    /// Lines that are decided together.
    static let groupMax = 500
    /// Bad lines in the answer.
    static let badLinesShown = 100

    let accounts: BankAccounts
    let seal: Seal

    func handle(_ batch: Batch<ImportMerchants>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let (earlier, cities) = try await transaction.execute(
                ReadImportPart(importId: request.importId, part: request.partNumber ?? 1),
                FindCityIDs(ids: [request.cityId]))
            if let earlier = earlier.first {
                guard earlier.content == request.message.content else {
                    transaction.refuse(
                        request, Problem("import-differs", "This part was imported with other content."))
                    continue
                }
                let bad = try await transaction.execute(
                    ReadBadLines(importId: request.importId, part: earlier.part, max: Self.badLinesShown))
                transaction.answer(request, with: earlier.reply(badLines: bad))
            } else if cities.isEmpty {
                transaction.refuse(request, RegistryRefusalReason.cityUnknown.problem)
            } else {
                try await importLines(of: request, in: &transaction)
            }
        }
    }

    private func importLines(
        of request: Received<ImportMerchants>, in transaction: inout MessageTransaction
    ) async throws {
        var lines = MerchantLines(request.message)
        let header: MerchantLine.Header
        do {
            header = try lines.header()
        } catch {
            return transaction.refuse(request, error)
        }
        var part = ImportPart(request.message)
        var bad: [ImportMerchants.BadLine] = []
        while let group = lines.next(max: Self.groupMax, header: header) {
            part.lines += group.merchants.count + group.bad.count
            bad += group.bad
            bad += try await register(group.merchants, &part, because: request, in: &transaction)
        }
        bad.sort { $0.line < $1.line }
        part.bad = bad.count
        transaction.write(WriteImportPart(part: part))
        if !bad.isEmpty { transaction.write(try WriteBadLines(part: part, lines: bad)) }
        transaction.answer(request, with: part.reply(badLines: Array(bad.prefix(Self.badLinesShown))))
    }

    /// Registers what the lines ask for; returns those that cannot be.
    private func register(
        _ merchants: [(line: Int, merchant: MerchantLine)], _ part: inout ImportPart,
        because request: Received<ImportMerchants>, in transaction: inout MessageTransaction
    ) async throws -> [ImportMerchants.BadLine] {
        guard !merchants.isEmpty else { return [] }
        let erased = try await transaction.erased(among: merchants.compactMap(\.merchant.facts.contactPersonId), seal)
        let known = try await transaction.execute(
            ReadMerchants(ids: Set(merchants.map(\.merchant.facts.merchantId)).sorted()))
        var decisions = MerchantDecisions(accounts: accounts, cities: [request.cityId], known: known)
        var bad: [ImportMerchants.BadLine] = []
        for (line, merchant) in merchants {
            if let contact = merchant.facts.contactPersonId, erased.contains(contact) {
                bad.append(ImportMerchants.BadLine(line: line, code: "person-erased"))
                continue
            }
            switch try decisions.register(merchant.facts, iban: merchant.iban, closedFrom: merchant.closedFrom) {
            case .changed(let registered):
                part.registered += 1
                transaction.publish(registered.event, because: request)
            case .repeated: part.unchanged += 1
            case .refused(let reason): bad.append(ImportMerchants.BadLine(line: line, code: reason.rawValue))
            case .differs: bad.append(ImportMerchants.BadLine(line: line, code: "version-differs"))
            }
        }
        transaction.write(decisions)
        return bad
    }
}

extension ImportMerchants {
    /// A hash of everything that decides what becomes of the part.
    fileprivate var content: [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("\(cityId.text) \(partCount ?? 1) \(firstLine ?? 2)\n".utf8))
        hash.update(data: Array(csv.revealed.utf8))
        return Array(hash.finalize())
    }
}

extension ImportPart {
    fileprivate init(_ command: ImportMerchants) {
        self.init(
            importId: command.importId, part: command.partNumber ?? 1, partCount: command.partCount ?? 1,
            cityId: command.cityId, content: command.content, lines: 0, registered: 0, unchanged: 0, bad: 0)
    }
}

/// Reads the lines of an import, group by group.
private struct MerchantLines: ~Copyable {
    struct Group {
        var merchants: [(line: Int, merchant: MerchantLine)] = []
        var bad: [ImportMerchants.BadLine] = []
    }

    private let command: ImportMerchants
    private var reader: CSVReader

    init(_ command: ImportMerchants) {
        self.command = command
        // The line of columns stands in front of the part's first line.
        reader = CSVReader(Array(command.csv.revealed.utf8), line: (command.firstLine ?? 2) - 1)
    }

    mutating func header() throws(Problem) -> MerchantLine.Header {
        try MerchantLine.Header(reader.next()?.fields ?? [])
    }

    /// The next lines that hold something; `nil` at the end.
    mutating func next(max: Int, header: MerchantLine.Header) -> Group? {
        var group = Group()
        while group.merchants.count + group.bad.count < max, let record = reader.next() {
            if record.mistake != nil {
                group.bad.append(ImportMerchants.BadLine(line: record.line, code: "csv-malformed"))
            } else if record.fields.contains(where: { !$0.isEmpty }) {
                do {
                    let merchant = try MerchantLine(
                        record.fields, header: header, cityId: command.cityId, importId: command.importId,
                        line: record.line)
                    group.merchants.append((record.line, merchant))
                } catch {
                    group.bad.append(
                        ImportMerchants.BadLine(line: record.line, code: error.code, fields: error.fields))
                }
            }
        }
        return group.merchants.isEmpty && group.bad.isEmpty ? nil : group
    }
}

/// Gets what became of an import: `cities.get-import-report.v1`.
struct ReadImportReport: QueryHandler {
    static let access: AccessRule<GetImportReport> = .editors { $0.cityId }

    func answer(
        _ query: GetImportReport, from asker: Asker, reading database: Pool
    ) async throws -> GetImportReport.Reply {
        let limit = query.limit ?? 100
        let (sums, found) = try await database.execute(
            SumImportParts(importId: query.importId, cityId: query.cityId),
            ReadBadLines(importId: query.importId, after: query.after ?? 0, max: limit + 1))
        guard var report = sums.first, report.parts > 0 else {
            throw Problem("import-unknown", "There is no such import in this city.")
        }
        report.badLines = Array(found.prefix(limit))
        report.next = found.count > limit ? report.badLines.last?.line : nil
        return report
    }
}
