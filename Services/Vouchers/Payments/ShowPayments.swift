import CSV
import Contracts
import Crypto
import FoundationEssentials
import Messaging
import Postgres

/// Lists the payments of a run: `vouchers.find-payouts.v1`.
struct ListPayouts: QueryHandler {
    static let access: AccessRule<FindPayouts> = .editors { $0.cityId }
    static let pageDefault = 100

    func answer(_ query: FindPayouts, from asker: Asker, reading database: Pool) async throws -> FindPayouts.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(ReadPayouts(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        return FindPayouts.Reply(payouts: page, next: found.count > limit ? page.last?.payoutId : nil)
    }
}

/// Gives the payments of a city as files: `vouchers.get-payment-file.v1`.
///
/// A file is made when it is asked for, from rows that never change: there is no folder to guard, each city's editors get what
/// their own city pays, and whoever loses a file asks again and has the same bytes.
struct GivePaymentFile: QueryHandler {
    static let access: AccessRule<GetPaymentFile> = .editors { $0.cityId }
    /// Payments in a file: about 900 bytes each in XML, and an answer has at most a mebibyte.
    static let payoutsMax = 800

    let seal: Seal

    func answer(
        _ query: GetPaymentFile, from asker: Asker, reading database: Pool
    ) async throws -> GetPaymentFile.Reply {
        let part = query.part ?? 1
        let (runs, debtors, sums, payouts) = try await database.execute(
            ReadRun(runId: query.runId), ReadDebtorParty(runId: query.runId, cityId: query.cityId),
            ReadDebtors(runId: query.runId), ReadPayoutParties(query: query, part: part, max: Self.payoutsMax))
        guard let run = runs.first, run.state == .closed, let executeOn = run.executeOn, let closedAt = run.closedAt
        else { throw Problem("settlement-not-closed", "The settlement is not closed.", retryable: true) }
        let debtor = sums.first { $0.cityId == query.cityId && $0.currency == query.currency }
        guard let debtor, !payouts.isEmpty else {
            throw Problem("payments-unknown", "This city has no such payments in this settlement.")
        }
        let name = "\(run.period.from)-\(query.cityId.text.prefix(8))-\(query.currency)-\(part)"
        let content: String
        switch query.format {
        case .csv: content = try csv(payouts)
        case .pain001:
            guard query.currency == "EUR", let sealed = debtors.first else {
                throw Problem("format-not-for-currency", "Only payments in EUR go to banks as pain.001.")
            }
            content =
                CreditTransferFile(
                    messageId: Self.messageId(query, part), createdAt: closedAt, executeOn: executeOn,
                    debtor: try seal.party(sealed, of: query.cityId), remittance: Self.remittance(run),
                    transfers: try payouts.compactMap(transfer)
                ).xml
        }
        return GetPaymentFile.Reply(
            name: "\(name).\(query.format == .csv ? "csv" : "xml")", content: Secret(content),
            sha256: Self.digest(content), payouts: payouts.count,
            sum: payouts.reduce(0) { $0 &+ $1.payout.amount.amount }, part: part, parts: debtor.parts)
    }

    /// The same for the same part of the same run, and for no other.
    static func messageId(_ query: GetPaymentFile, _ part: Int) -> String {
        "CC" + digest("\(query.runId.text) \(query.cityId.text) \(part)").prefix(30)
    }

    private static func remittance(_ run: SettlementRun) -> String {
        let last = run.period.until.map { $0.advanced(by: -1) } ?? run.period.from
        return "City Coop \(run.period.from) - \(last)"
    }

    private static func digest(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    private func transfer(_ row: ReadPayoutParties.Row) throws -> CreditTransfer {
        guard let sealed = row.sealedParty else {
            // Closing lets no such payment through.
            throw Problem("unavailable", "A payment has no account.")
        }
        return CreditTransfer(
            payoutId: row.payout.payoutId, creditor: try seal.party(sealed, of: row.payout.creditorId),
            amount: row.payout.amount.amount)
    }

    private static let columns = [
        "payout_id", "kind", "creditor_id", "name", "iban", "amount", "currency", "end_to_end_id",
    ]

    private func csv(_ payouts: [ReadPayoutParties.Row]) throws -> String {
        var text = CSVWriter.line(Self.columns)
        for row in payouts {
            let payout = row.payout
            let party = try row.sealedParty.map { try seal.party($0, of: payout.creditorId) }
            text += CSVWriter.line([
                payout.payoutId.text, payout.kind.rawValue, payout.creditorId.text,
                SpreadsheetText.harmless(payout.creditorName), party?.iban.revealed ?? "",
                DecimalText.amount(payout.amount.amount), payout.amount.currency, payout.endToEndId,
            ])
        }
        return text
    }
}
