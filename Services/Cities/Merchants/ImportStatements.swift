import Contracts
import FoundationEssentials
import Postgres

/// What became of a part of an import, as its row says.
struct ImportPart: Sendable {
    var importId: UUID
    var part: Int
    var partCount: Int
    var cityId: UUID
    /// A hash of what it said.
    var content: [UInt8]
    var lines: Int
    var registered: Int
    var unchanged: Int
    var bad: Int

    /// What the asker is answered.
    func reply(badLines: [ImportMerchants.BadLine]) -> ImportMerchants.Reply {
        ImportMerchants.Reply(
            lines: lines, registered: registered, unchanged: unchanged, bad: bad, badLines: badLines)
    }
}

/// Reads what became of a part of an import.
struct ReadImportPart: Statement {
    static let sql = """
        SELECT import_id, part, part_count, city_id, content, lines, registered, unchanged, bad FROM merchant_import
        WHERE import_id = $1 AND part = $2
        """
    var importId: UUID
    var part: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(importId)
        parameters.add(Int32(clamping: part))
    }

    static func row(_ columns: inout Columns) throws -> ImportPart {
        ImportPart(
            importId: try columns.next(), part: Int(try columns.next(Int32.self)),
            partCount: Int(try columns.next(Int32.self)), cityId: try columns.next(), content: try columns.next(),
            lines: Int(try columns.next(Int32.self)), registered: Int(try columns.next(Int32.self)),
            unchanged: Int(try columns.next(Int32.self)), bad: Int(try columns.next(Int32.self)))
    }
}

/// Writes what became of a part of an import.
struct WriteImportPart: Statement {
    static let sql = """
        INSERT INTO merchant_import (import_id, part, part_count, city_id, content, lines, registered, unchanged, bad)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    var part: ImportPart

    func bind(_ parameters: inout Parameters) {
        parameters.add(part.importId)
        parameters.add(Int32(clamping: part.part))
        parameters.add(Int32(clamping: part.partCount))
        parameters.add(part.cityId)
        parameters.add(part.content)
        for number in [part.lines, part.registered, part.unchanged, part.bad] {
            parameters.add(Int32(clamping: number))
        }
    }
}

/// Writes the bad lines of a part.
struct WriteBadLines: Statement {
    static let sql = """
        INSERT INTO merchant_import_bad_line (import_id, part, line, code, fields)
        SELECT $1, $2, * FROM unnest($3::integer[], $4::text[], $5::jsonb[])
        """
    private let part: ImportPart
    private let lines: [ImportMerchants.BadLine]
    private let fields: [JSONB]

    init(part: ImportPart, lines: [ImportMerchants.BadLine]) throws {
        self.part = part
        self.lines = lines
        fields = try lines.map { JSONB([UInt8](try JSONEncoder().encode($0.fields ?? [:]))) }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(part.importId)
        parameters.add(Int32(clamping: part.part))
        parameters.add(lines.map { Int32(clamping: $0.line) })
        parameters.add(lines.map(\.code))
        parameters.add(fields)
    }
}

/// Reads bad lines of an import or of one part, in the order of lines.
struct ReadBadLines: Statement {
    static let sql = """
        SELECT line, code, fields FROM merchant_import_bad_line
        WHERE import_id = $1 AND ($2::integer IS NULL OR part = $2) AND line > $3 ORDER BY line, part LIMIT $4
        """
    var importId: UUID
    var part: Int?
    var after = 0
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(importId)
        parameters.add(part.map { Int32(clamping: $0) })
        parameters.add(Int32(clamping: after))
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> ImportMerchants.BadLine {
        let (line, code): (Int32, String) = (try columns.next(), try columns.next())
        let document: JSONB = try columns.next()
        let fields = try JSONDecoder().decode([String: String].self, from: Data(document.bytes))
        return ImportMerchants.BadLine(line: Int(line), code: code, fields: fields.isEmpty ? nil : fields)
    }
}

/// Adds up the parts of an import that went into a city; one row, also if there are none.
struct SumImportParts: Statement {
    static let sql = """
        SELECT count(*), coalesce(max(part_count), 0), coalesce(sum(lines), 0), coalesce(sum(registered), 0),
            coalesce(sum(unchanged), 0), coalesce(sum(bad), 0)
        FROM merchant_import WHERE import_id = $1 AND city_id = $2
        """
    var importId: UUID
    var cityId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(importId)
        parameters.add(cityId)
    }

    static func row(_ columns: inout Columns) throws -> GetImportReport.Reply {
        GetImportReport.Reply(
            parts: try columns.next(), partCount: Int(try columns.next(Int32.self)), lines: try columns.next(),
            registered: try columns.next(), unchanged: try columns.next(), bad: try columns.next(), badLines: [],
            next: nil)
    }
}
