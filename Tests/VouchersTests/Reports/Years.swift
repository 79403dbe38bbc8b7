import Contracts
import FoundationEssentials
import Postgres
import TestKit

@testable import vouchers

/// A shop with a history of sales and redemptions on many days, and what came of it.
struct Years: Sendable {
    struct Sale: Sendable {
        var at: Date
        var voucher: IssueVoucher.Reply
        var left: Int64
    }

    struct Spending: Sendable {
        var at: Date
        var soldAt: Date
        var amount: Int64
    }

    let shop: Shop
    var sales: [Sale] = []
    var spendings: [Spending] = []

    /// The start of a day.
    static func time(_ day: Day, hours: Double = 0) -> Date {
        Timestamp(milliseconds: Int64(day.number) * 86_400_000).date.addingTimeInterval(hours * 3_600)
    }

    mutating func sell(_ value: Int64, _ currency: String = "EUR", at time: Date) async throws {
        let command = IssueVoucher(issueId: UUID(), issuerCityId: shop.city, value: Money(value, currency))
        let reply = try await shop.bench.run(shop.issue, [command], at: time).reply(to: IssueVoucher.self)
        sales.append(Sale(at: time, voucher: reply, left: value))
    }

    mutating func spend(_ amount: Int64, of number: Int, at time: Date) async throws {
        let outcome = try await shop.bench.run(
            shop.redeem, [shop.redemption(sales[number].voucher, amount)], at: time)
        _ = try outcome.reply(to: RedeemVoucher.self)
        sales[number].left -= amount
        spendings.append(Spending(at: time, soldAt: sales[number].at, amount: amount))
    }

    /// So many sales and redemptions on the days up to one.
    mutating func live(_ count: Int, until day: Day, using generator: inout SeededGenerator) async throws {
        for _ in 0..<count {
            let sold = day.advanced(by: -Int.random(in: 1...700, using: &generator))
            try await sell(
                1_000, at: Self.time(sold, hours: Double.random(in: 0..<24, using: &generator)))
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let spent = sold.advanced(by: Int.random(in: 1...max(1, day.number - sold.number), using: &generator))
                try await spend(
                    Int64.random(in: 1...400, using: &generator), of: sales.count - 1,
                    at: Self.time(spent, hours: Double.random(in: 0..<24, using: &generator)))
            }
        }
    }

    /// What was owed at the end of a day.
    func owed(on day: Day) -> Int64 {
        let end = Self.time(day.advanced(by: 1))
        return sales.filter { $0.at < end }.reduce(0) { $0 + $1.voucher.value.amount }
            - spendings.filter { $0.at < end }.reduce(0) { $0 + $1.amount }
    }
}

extension Shop {
    /// Lets the figures follow the journal, in pieces of a few lines, and if wanted counts every day again.
    func followJournal(recounting: Bool = false) async throws {
        let job = KeepDailyFigures(settling: .zero, linesMax: 7, recountAfter: recounting ? .zero : .seconds(3_600))
        while try await bench.run(job).hasMore {}
        guard recounting else { return }
        let days = try await figure("SELECT count(*) FROM report_day") + 2
        for _ in 0..<days { while try await bench.run(job).hasMore {} }
    }

    /// What is owed in the report of a day.
    func liability(on day: Day? = nil) async throws -> GetLiability.Reply {
        try await bench.ask(TellLiability(), GetLiability(day: day))
    }

    /// Everything that a check of the whole ledger finds.
    func findings(_ limits: LedgerCheckLimits = LedgerCheckLimits()) async throws -> [FindLedgerMistakes.Finding] {
        var findings: [FindLedgerMistakes.Finding] = []
        var after: String?
        repeat {
            let reply = try await bench.ask(VerifyLedgers(limits: limits), FindLedgerMistakes(after: after))
            findings += reply.findings
            after = reply.next
        } while after != nil
        return findings
    }

    /// Runs SQL on the shop's database.
    func script(_ sql: String) async throws {
        let connection = try await Connection.connect(to: bench.address, name: "test")
        try await connection.runScript(sql)
        await connection.close()
    }

    /// Reads one number, through a view that the script makes.
    func figure(_ sql: String) async throws -> Int64 {
        try await script("CREATE OR REPLACE VIEW figure_of_test AS SELECT (\(sql))::bigint AS figure")
        return try await bench.database.execute(ReadFigure()).first ?? 0
    }
}

private struct ReadFigure: Statement {
    static let sql = "SELECT figure FROM figure_of_test"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
