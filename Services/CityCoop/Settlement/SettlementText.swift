import Contracts
import FoundationEssentials

/// A run for people.
struct SettlementText: Sendable {
    let settlement: GetSettlement.Reply
    /// How cities are called.
    let slugs: [UUID: String]

    init(_ settlement: GetSettlement.Reply, slugs: [UUID: String]) {
        self.settlement = settlement
        self.slugs = slugs
    }

    /// Everything that there is to see.
    var lines: [String] {
        [head] + table(totals, numeric: 1) + table(pairs) + table(debtors, numeric: 1) + obstacles
    }

    private var head: String {
        let run = settlement.run
        let last = run.period.until.map { $0.advanced(by: -1) } ?? run.period.from
        let payDay = run.executeOn.map { ", to be paid on \($0)" } ?? ""
        return "\(run.period.from) to \(last): \(run.state.rawValue)\(payDay); run \(run.runId.text)"
    }

    private func name(_ city: UUID) -> String { slugs[city] ?? city.text }

    /// The rows with a line in front that separates them; nothing for no rows.
    private func table(_ rows: [[String]], numeric first: Int? = nil) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let numeric = first.map { Set($0..<max($0, columns)) } ?? []
        return rows.count < 2 ? [] : [""] + TextTable(rows, numeric: numeric).lines
    }

    private var totals: [[String]] {
        [["currency", "statements", "redeemed", "reversed", "fees", "VAT", "carried in", "paid out", "carried out"]]
            + settlement.totals.map { total in
                [total.currency, "\(total.statements)"]
                    + [
                        total.redeemed, total.reversed, total.fees, total.feeVAT, total.carriedIn, total.paidOut,
                        total.carriedOut,
                    ].map(ReportTable.decimal)
            }
    }

    private var pairs: [[String]] {
        [["city", "owes", "after netting"]]
            + settlement.pairs.filter { $0.owes != $0.isOwed }.map { pair in
                let net = pair.owes.subtractingReportingOverflow(pair.isOwed).partialValue
                let (debtor, creditor) = net > 0 ? (pair.cityId, pair.otherCityId) : (pair.otherCityId, pair.cityId)
                return [
                    name(debtor), name(creditor), Money(Int64(clamping: net.magnitude), pair.currency).description,
                ]
            }
    }

    private var debtors: [[String]] {
        [["pays", "payments", "confirmed", "sum", "currency"]]
            + settlement.debtors.map { debtor in
                [
                    name(debtor.cityId), "\(debtor.payouts)", "\(debtor.confirmed)", ReportTable.decimal(debtor.sum),
                    debtor.currency,
                ]
            }
    }

    /// What keeps it from being closed, with what to do about it.
    private var obstacles: [String] {
        settlement.obstacles.isEmpty
            ? [] : [""] + ["It cannot be closed yet:"] + settlement.obstacles.map { "  \(line($0))" }
    }

    private func line(_ obstacle: SettlementObstacle) -> String {
        switch obstacle.code {
        case "merchant-account-unasked":
            "the registry has not told the account of merchant \(obstacle.id.text): prepare again"
        case "city-account-missing":
            "\(name(obstacle.id)) has no account: citycoop settlement account \(name(obstacle.id)) …"
        case "fee-vat-unknown":
            "the tax on fees is not set in the country of \(name(obstacle.id)): vouchers.set-fee-vat-rate.v1, and prepare again"
        default: "\(obstacle.code): \(obstacle.id.text)"
        }
    }
}
