import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// The bounds of a check of the ledger.
struct LedgerCheckLimits: Sendable {
    /// How long the database may work on one statement of it.
    var statementTimeout = Duration.seconds(60)
    /// How long the answer to one is waited for; longer, so that the database's own answer comes first.
    var deadline = Duration.seconds(65)
    /// Vouchers that are compared with the journal at once: as many sums fit into the memory of a statement.
    var vouchersAtOnce: Int64 = 500_000
    /// Redemptions that are compared with their entries at once.
    var redemptionsAtOnce: Int64 = 500_000
    /// Holds that are compared with their entries and redemptions at once.
    var holdsAtOnce: Int64 = 500_000
    /// Findings of each rule in one answer.
    var findingsMax = 100
}

/// Checks one piece of the ledger against the journal: `vouchers.find-ledger-mistakes.v1`.
///
/// It reads, and locks nothing that a till needs; one piece at a time is checked, on one connection and without parallel workers.
/// Every comparison is one statement: both of its sides are of one moment, while tills go on.
struct VerifyLedgers: QueryHandler {
    static let access: AccessRule<FindLedgerMistakes> = .administrators
    var limits = LedgerCheckLimits()

    func answer(_ query: FindLedgerMistakes, from asker: Asker, reading database: Pool) async throws
        -> FindLedgerMistakes.Reply
    {
        guard let piece = query.after.map({ LedgerPiece($0) }) ?? .first else {
            throw Problem("piece-unknown", "There is no such piece of the ledger.")
        }
        let check = try await database.withTransaction { transaction in
            let begun = try await transaction.execute(
                BeginCheck(milliseconds: limits.statementTimeout / .milliseconds(1)))
            guard begun.first == true else {
                throw Problem(
                    "verification-busy", "Another piece of the ledger is being checked.", retryable: true)
            }
            return try await self.check(piece, in: &transaction)
        }
        return check.reply(findingsMax: limits.findingsMax)
    }

    private var max: Int64 { Int64(limits.findingsMax) + 1 }

    private func check(_ piece: LedgerPiece, in transaction: inout Transaction) async throws -> PieceCheck {
        switch piece {
        case .journal(let month): try await checkJournal(from: month, in: &transaction)
        case .vouchers(let id): try await checkVouchers(above: id, in: &transaction)
        case .redemptions(let id): try await checkRedemptions(above: id, in: &transaction)
        case .reversals: try await checkReversals(in: &transaction)
        case .holds(let id): try await checkHolds(above: id, in: &transaction)
        case .settlement: try await checkSettlement(in: &transaction)
        case .figures: try await checkFigures(in: &transaction)
        }
    }

    private func checkJournal(from month: Month, in transaction: inout Transaction) async throws -> PieceCheck {
        let first = try await transaction.execute(
            FindJournalStart(from: month.start), within: limits.deadline)
        guard let first = first.first else {
            return PieceCheck(piece: .journal(month), rows: 0, findings: [], next: .vouchers(LedgerPiece.noID))
        }
        let found = Month(of: Day(of: Timestamp(first)))
        let next = found.advanced(by: 1)
        let (from, until) = (found.start, next.start)
        // One flight each: a statement's time begins when the one before has answered.
        let rows = try await transaction.execute(CountPostings(from: from, until: until), within: limits.deadline)
        let entries = try await transaction.execute(
            CheckEntries(from: from, until: until, max: max), within: limits.deadline)
        let causes = try await transaction.execute(
            CheckCauses(from: from, until: until, max: max), within: limits.deadline)
        let days = try await transaction.execute(
            CheckDays(from: from, until: until, max: max), within: limits.deadline)
        let booked = try await transaction.execute(
            CheckBookedDays(from: from, until: until, max: max), within: limits.deadline)
        return PieceCheck(
            piece: .journal(found), rows: rows.first ?? 0, findings: [entries, causes, days, booked],
            next: .journal(next))
    }

    private func checkVouchers(above id: UUID, in transaction: inout Transaction) async throws -> PieceCheck {
        let bounds = try await transaction.execute(
            FindVoucherBound(above: id, count: limits.vouchersAtOnce), within: limits.deadline)
        let last = bounds.first ?? LedgerPiece.lastID
        let rows = try await transaction.execute(CountVouchers(above: id, upTo: last), within: limits.deadline)
        let found = try await transaction.execute(
            CheckVouchers(above: id, upTo: last, max: max), within: limits.deadline)
        let holds = try await transaction.execute(
            CheckVoucherHolds(above: id, upTo: last, max: max), within: limits.deadline)
        return PieceCheck(
            piece: .vouchers(id), rows: rows.first ?? 0, findings: [found, holds],
            next: bounds.first.map { .vouchers($0) } ?? .redemptions(LedgerPiece.noID))
    }

    private func checkRedemptions(above id: UUID, in transaction: inout Transaction) async throws -> PieceCheck {
        let bounds = try await transaction.execute(
            FindRedemptionBound(above: id, count: limits.redemptionsAtOnce), within: limits.deadline)
        let last = bounds.first ?? LedgerPiece.lastID
        let rows = try await transaction.execute(CountRedemptions(above: id, upTo: last), within: limits.deadline)
        let found = try await transaction.execute(
            CheckRedemptions(above: id, upTo: last, max: max), within: limits.deadline)
        let settled = try await transaction.execute(
            CheckSettledRedemptions(above: id, upTo: last, max: max), within: limits.deadline)
        return PieceCheck(
            piece: .redemptions(id), rows: rows.first ?? 0, findings: [found, settled],
            next: bounds.first.map { .redemptions($0) } ?? .reversals)
    }

    private func checkReversals(in transaction: inout Transaction) async throws -> PieceCheck {
        let booked = try await transaction.execute(CheckReversals(max: max), within: limits.deadline)
        let settled = try await transaction.execute(CheckSettledReversals(max: max), within: limits.deadline)
        return PieceCheck(piece: .reversals, rows: 0, findings: [booked, settled], next: .holds(LedgerPiece.noID))
    }

    private func checkHolds(above id: UUID, in transaction: inout Transaction) async throws -> PieceCheck {
        let bounds = try await transaction.execute(
            FindHoldBound(above: id, count: limits.holdsAtOnce), within: limits.deadline)
        let last = bounds.first ?? LedgerPiece.lastID
        let rows = try await transaction.execute(CountHolds(above: id, upTo: last), within: limits.deadline)
        let found = try await transaction.execute(
            CheckHolds(above: id, upTo: last, max: max), within: limits.deadline)
        return PieceCheck(
            piece: .holds(id), rows: rows.first ?? 0, findings: [found],
            next: bounds.first.map { .holds($0) } ?? .settlement)
    }

    private func checkSettlement(in transaction: inout Transaction) async throws -> PieceCheck {
        let rows = try await transaction.execute(CountStatements(), within: limits.deadline)
        let findings = [
            try await transaction.execute(CheckStatements(max: max), within: limits.deadline),
            try await transaction.execute(CheckPairs(max: max), within: limits.deadline),
            try await transaction.execute(CheckPayouts(max: max), within: limits.deadline),
            try await transaction.execute(CheckSettlementSums(max: max), within: limits.deadline),
            try await transaction.execute(CheckSettlementEntries(max: max), within: limits.deadline),
        ]
        return PieceCheck(piece: .settlement, rows: rows.first ?? 0, findings: findings, next: .figures)
    }

    private func checkFigures(in transaction: inout Transaction) async throws -> PieceCheck {
        let rows = try await transaction.execute(CountLiabilityDays(), within: limits.deadline)
        let sums = try await transaction.execute(CheckRunningSums(max: max), within: limits.deadline)
        let owed = try await transaction.execute(CheckOwed(max: max), within: limits.deadline)
        let count = try await transaction.execute(CheckVoucherCount(), within: limits.deadline)
        return PieceCheck(piece: .figures, rows: rows.first ?? 0, findings: [sums, owed, count], next: nil)
    }
}

extension Month {
    /// Its first moment in UTC.
    fileprivate var start: Date { Timestamp(milliseconds: Int64(firstDay.number) * 86_400_000).date }
}
