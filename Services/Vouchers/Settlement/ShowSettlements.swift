import CSV
import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Gets a run with its sums: `vouchers.get-settlement.v1`.
struct GetSettlementByID: QueryHandler {
    static let access: AccessRule<GetSettlement> = .administrators

    func answer(
        _ query: GetSettlement, from asker: Asker, reading database: Pool
    ) async throws -> GetSettlement.Reply {
        let id = query.runId
        let (runs, totals, pairs, debtors, obstacles) = try await database.execute(
            ReadRun(runId: id), SumStatements(runId: id), ReadPairs(runId: id), ReadDebtors(runId: id),
            FindObstacles(runId: id, max: SettleRuns.obstaclesMax))
        guard let run = runs.first else { throw SettlementRefusalReason.unknown.problem }
        return GetSettlement.Reply(
            run: run, totals: totals, pairs: pairs, debtors: debtors,
            obstacles: run.state == .preparing || run.state == .prepared ? obstacles : [])
    }
}

/// Lists runs: `vouchers.find-settlements.v1`.
struct ListSettlements: QueryHandler {
    static let access: AccessRule<FindSettlements> = .administrators
    static let pageDefault = 25

    func answer(
        _ query: FindSettlements, from asker: Asker, reading database: Pool
    ) async throws -> FindSettlements.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(ReadRuns(after: query.after, max: limit + 1))
        let page = Array(found.prefix(limit))
        return FindSettlements.Reply(
            settlements: page, next: found.count > limit ? page.last?.period.until : nil)
    }
}

/// Lists the statements of a run: `vouchers.find-statements.v1`.
struct ListStatements: QueryHandler {
    static let access: AccessRule<FindStatements> = .editors { $0.cityId }
    static let pageDefault = 100

    func answer(
        _ query: FindStatements, from asker: Asker, reading database: Pool
    ) async throws -> FindStatements.Reply {
        let limit = query.limit ?? Self.pageDefault
        let after = query.after.flatMap { StatementCursor($0) }
        if query.after != nil && after == nil { return FindStatements.Reply(statements: [], next: nil) }
        let found = try await database.execute(
            ReadStatements(runId: query.runId, cityId: query.cityId, after: after, max: limit + 1))
        let page = found.prefix(limit).map(\.statement)
        return FindStatements.Reply(
            statements: page, next: found.count > limit ? page.last.map { StatementCursor($0).text } : nil)
    }
}

/// Gives a merchant its statement, line by line: `vouchers.get-statement.v1`.
struct GetStatementLines: QueryHandler {
    static let access: AccessRule<GetStatement> = .merchant { $0.merchantId }
    static let pageDefault = 200

    func answer(
        _ query: GetStatement, from asker: Asker, reading database: Pool
    ) async throws -> GetStatement.Reply {
        let limit = query.limit ?? Self.pageDefault
        let (statements, found) = try await database.execute(
            ReadStatement(runId: query.runId, merchantId: query.merchantId, currency: query.currency),
            ReadLines(query: query, max: limit + 1))
        guard let statement = statements.first else {
            throw Problem("statement-unknown", "This settlement has no statement of this merchant.")
        }
        let lines = Array(found.prefix(limit))
        return GetStatement.Reply(
            statement: statement, lines: lines, next: found.count > limit ? lines.last?.id : nil)
    }
}

/// Gives the statements of a run as CSV: `vouchers.get-statement-file.v1`.
struct TellStatementFile: QueryHandler {
    static let access: AccessRule<GetStatementFile> = .editors { $0.cityId }
    /// A line has a name of 140 characters and fifteen numbers.
    static let linesMax = 500

    static let columns = [
        "merchant_id", "name", "city_id", "currency", "redemptions", "redeemed", "reversals", "reversed",
        "fee_basis_points", "fee", "fee_vat_basis_points", "fee_vat", "carried_in", "due", "outcome", "payout_id",
    ]

    func answer(
        _ query: GetStatementFile, from asker: Asker, reading database: Pool
    ) async throws -> GetStatementFile.Reply {
        let after = query.after.flatMap { StatementCursor($0) }
        if query.after != nil && after == nil { return GetStatementFile.Reply(csv: "", next: nil) }
        let found = try await database.execute(
            ReadStatements(runId: query.runId, cityId: query.cityId, after: after, max: Self.linesMax + 1))
        let page = found.prefix(Self.linesMax)
        let lines = page.map { CSVWriter.line(Self.fields($0.name, $0.statement)) }
        let csv = (query.after == nil ? CSVWriter.line(Self.columns) : "") + lines.joined()
        return GetStatementFile.Reply(
            csv: csv, next: found.count > page.count ? page.last.map { StatementCursor($0.statement).text } : nil)
    }

    private static func fields(_ name: String, _ statement: MerchantStatement) -> [String] {
        func money(_ amount: Int64) -> String { DecimalText.amount(amount) }
        return [
            statement.merchantId.text, SpreadsheetText.harmless(name), statement.cityId.text, statement.currency,
            "\(statement.redemptions)", money(statement.redeemed), "\(statement.reversals)", money(statement.reversed),
            "\(statement.feeBasisPoints)", money(statement.fee),
            statement.feeVATBasisPoints.map { "\($0)" } ?? "", money(statement.feeVAT), money(statement.carriedIn),
            money(statement.due), statement.outcome.rawValue, statement.payoutId?.text ?? "",
        ]
    }
}

/// Amounts as people and banks write them.
enum DecimalText {
    /// `1234.05`, with a point and two places; every currency of the suite has two.
    static func amount(_ minor: Int64) -> String {
        let cents = minor.magnitude % 100
        return "\(minor < 0 ? "-" : "")\(minor.magnitude / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}

/// Texts of others in files that spreadsheets open.
enum SpreadsheetText {
    /// With an apostrophe in front of what a spreadsheet would take for a formula.
    static func harmless(_ text: String) -> String {
        "=+-@\t\r".unicodeScalars.contains { $0 == text.unicodeScalars.first } ? "'\(text)" : text
    }
}
