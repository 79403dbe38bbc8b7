import Contracts
import FoundationEssentials
import Messaging

/// Does the work of runs, piece by piece: takes in lines, makes statements, books them.
///
/// Each piece is one transaction under the lock of its run, and what is left to do stands in the rows: a run goes on where it
/// was, whenever the process ends. It looks each second, not after each commit: tills commit all the time.
struct SettleRuns: BackgroundJob {
    static let name = "settle-runs"
    static var isWokenByCommits: Bool { false }
    /// Lines taken in by one piece; each looks up its voucher.
    static let linesMax = 5_000
    /// Statements or pairs booked by one piece.
    static let bookedMax = 500
    /// Obstacles that are told.
    static let obstaclesMax = 100

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        guard let run = try await transaction.execute(TakeRunInWork()).first else { return false }
        // A merchant that is not known at the moment would be charged no fee, for ever once the run is closed.
        let merchants: [Bool] = try await transaction.execute(HoldMerchants())
        guard merchants.first != false else { return false }
        switch run.state {
        case .preparing:
            if try await isGathering(run, in: &transaction) { return true }
            try await finishPreparing(run, in: &transaction)
        case .closing:
            if try await isGathering(run, in: &transaction) { return true }
            try await beginBooking(run, in: &transaction)
        case .booking:
            if try await isBooking(run, in: &transaction) { return true }
            try await close(run, in: &transaction)
        case .prepared, .closed: return false
        }
        return true
    }

    /// Takes in redemptions and reversals that no run has; whether there may be more.
    private func isGathering(_ run: SettlementRun, in transaction: inout MessageTransaction) async throws -> Bool {
        let (redemptions, reversals) = try await transaction.execute(
            AssignRedemptions(run: run, max: Self.linesMax), AssignReversals(run: run, max: Self.linesMax))
        return [redemptions.first, reversals.first].contains { ($0 ?? 0) >= Self.linesMax }
    }

    /// Makes the statements and pairs of what is assigned, instead of those that were there.
    private func compute(
        _ run: SettlementRun, in transaction: inout MessageTransaction
    ) async throws -> [MerchantStatement] {
        let (_, _, _, merchants, elsewhere) = try await transaction.execute(
            AssignCarries(runId: run.runId), DeleteStatements(runId: run.runId), DeletePairs(runId: run.runId),
            SumMerchants(run: run), SumIssuedElsewhere(runId: run.runId))
        var statements: [MerchantStatement] = []
        for merchant in merchants { statements.append(try merchant.statement()) }
        transaction.write(WriteStatements(runId: run.runId, statements: statements))
        transaction.write(WritePairs(runId: run.runId, pairs: try Netting.pairs(elsewhere)))
        return statements
    }

    private func finishPreparing(_ run: SettlementRun, in transaction: inout MessageTransaction) async throws {
        let statements = try await compute(run, in: &transaction)
        // Each time anew: accounts change, and the last word counts.
        let payees = Set(statements.filter { $0.due > 0 }.map(\.merchantId)).sorted()
        for start in stride(from: 0, to: payees.count, by: AskMerchantAccounts.merchantsMax) {
            let end = min(start + AskMerchantAccounts.merchantsMax, payees.count)
            transaction.send(AskMerchantAccounts(merchantIds: Array(payees[start..<end])))
        }
        transaction.write(MoveRun(runId: run.runId, state: .prepared, preparedAt: transaction.now))
        transaction.publish(
            SettlementPrepared(runId: run.runId, period: run.period, totals: statements.totals))
    }

    private func beginBooking(_ run: SettlementRun, in transaction: inout MessageTransaction) async throws {
        _ = try await compute(run, in: &transaction)
        let obstacles = try await transaction.execute(FindObstacles(runId: run.runId, max: Self.obstaclesMax))
        guard obstacles.isEmpty else {
            transaction.write(MoveRun(runId: run.runId, state: .prepared, preparedAt: transaction.now))
            transaction.publish(SettlementCloseRefused(runId: run.runId, obstacles: obstacles))
            return
        }
        transaction.write(FreezeDebtors(runId: run.runId))
        transaction.write(MoveRun(runId: run.runId, state: .booking))
    }

    /// Books a piece; whether there was one.
    private func isBooking(_ run: SettlementRun, in transaction: inout MessageTransaction) async throws -> Bool {
        let (statements, pairs, cities) = try await transaction.execute(
            ReadUnbookedStatements(runId: run.runId, max: Self.bookedMax),
            ReadUnbookedPairs(runId: run.runId, max: Self.bookedMax), ReadCityCreditors())
        if statements.isEmpty && pairs.isEmpty { return false }
        var booking = SettlementBooking(runId: run.runId, bookedAt: Timestamp(transaction.now))
        for statement in statements { booking.book(statement) }
        let creditors = Dictionary(cities.map { ($0.cityId, $0.creditor) }) { first, _ in first }
        for pair in pairs {
            try booking.book(pair.pair, id: pair.pairId) { id in
                creditors[id] ?? Creditor(name: id.text, ibanMask: nil, sealedParty: nil)
            }
        }
        transaction.write(WritePayouts(runId: run.runId, payouts: booking.payouts))
        transaction.write(WriteStatementCarries(carries: booking.carries))
        transaction.write(MarkStatementsBooked(booking.statements))
        transaction.write(MarkPairsBooked(booking.pairs))
        if !booking.entries.isEmpty {
            transaction.write(WritePostings(entries: booking.entries, now: transaction.now))
        }
        return true
    }

    private func close(_ run: SettlementRun, in transaction: inout MessageTransaction) async throws {
        let totals = try await transaction.execute(SumStatements(runId: run.runId))
        transaction.write(MoveRun(runId: run.runId, state: .closed, closedAt: transaction.now))
        transaction.publish(SettlementClosed(runId: run.runId, period: run.period, totals: totals))
    }
}
