import Contracts

/// The books at the end.
struct LedgerChapter {
    let stage: Stage

    func tell() async throws {
        Story.chapter("The books at the end")
        let ledger = try await stage.ask(GetLedger())
        let rows = ledger.lines.map { [Self.meaning(of: $0.account), "\(Money($0.sum, $0.currency))"] }
        for line in TextTable(rows, numeric: [1]).lines { Story.tell(line) }
        Story.tell("\(ledger.vouchers) vouchers, \(ledger.redemptions) redemptions.", by: GetLedger.type)
        guard ledger.balanced else {
            throw CommandFailure(.refused, "The books do not balance: this must never happen.")
        }
        Story.tell("What was paid in is what is owed: the sum is zero, and every balance equals its entries.")
        let report = try await Progress.during("checking the ledger") {
            try await LedgerReport(asking: stage.requester, within: stage.limit)
        }
        guard report.findings.isEmpty else {
            throw CommandFailure(.refused, "The ledger is not whole: \(report.lines.joined(separator: "; "))")
        }
        Story.tell(
            "citycoop ledger verify finds it \(report.lines.joined(separator: "; ")).", by: FindLedgerMistakes.type)
    }

    private static func meaning(of account: String) -> String {
        switch account {
        case "issuer-cash": "paid by those who bought vouchers"
        case "voucher": "owed to those who hold vouchers"
        case "voucher-held": "set aside for shops"
        case "merchant-payable": "owed to shops"
        case "merchant-paid": "on its way to shops"
        case "clearing": "owed between cities"
        case "fees": "paid by shops for the service"
        case "fee-vat": "the tax on that"
        case "promotion-cost": "given away by cities"
        case "expired": "claimed by nobody in time"
        default: account
        }
    }
}
