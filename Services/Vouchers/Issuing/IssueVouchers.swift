import Contracts
import FoundationEssentials
import Messaging

/// Issues vouchers: `vouchers.issue.v1`.
struct IssueVouchers: Handler {
    static let access: AccessRule<IssueVoucher> = .editors { $0.issuerCityId }
    let keys: CodeKeys
    let seal: Seal

    func handle(_ batch: Batch<IssueVoucher>, in transaction: inout MessageTransaction) async throws {
        let ids = batch.messages.map(\.issueId).sorted()
        let (earlier, cities, terms) = try await transaction.execute(
            ReadIssues(ids: ids), ReadCities(ids: Set(batch.messages.map(\.issuerCityId)).sorted()),
            ReadCurrentTerms(programmeIds: Set(batch.messages.compactMap(\.programmeId)).sorted()))

        var generator = SystemRandomNumberGenerator()
        var issues = Issues(cities: cities, earlier: try earlier.map(opened), keys: keys, terms: terms)
        for command in batch.messages {
            switch try issues.issue(command.message, at: Timestamp(batch.now), using: &generator) {
            case .issued(let issued):
                transaction.publish(issued.event, answering: command, with: issued.reply)
            case .repeated(let reply):
                transaction.answer(command, with: reply)
            case .refused(let reason) where reason == .alreadyIssued:
                transaction.refuse(command, reason.problem)
            case .refused(let reason):
                transaction.publish(
                    IssueRefused(issueId: command.issueId, code: reason.problem.code), refusing: command,
                    with: reason.problem)
            }
        }
        transaction.write(issues.changes, at: batch.now)
        let codes = issues.records.map {
            ShownCode(issueId: $0.issueId, voucherId: $0.voucher.voucherId, code: $0.code)
        }
        try transaction.keep(codes, sealedBy: seal, at: batch.now)
    }

    /// An earlier issue with its code, as long as that may be shown.
    private func opened(_ row: ReadIssues.Row) throws -> EarlierIssue {
        let code = try row.code(openedBy: seal)
        return EarlierIssue(
            issueId: row.issueId, issuerCityId: row.issuerCityId, value: row.value, personId: row.personId,
            programmeId: row.programmeId,
            reply: code.map {
                IssueVoucher.Reply(voucherId: row.voucherId, code: $0, value: row.value, validUntil: row.validUntil)
            })
    }
}
