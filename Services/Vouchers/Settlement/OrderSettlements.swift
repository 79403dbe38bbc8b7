import Contracts
import FoundationEssentials
import Messaging

/// Opens runs, and has them take in what is new: `vouchers.prepare-settlement.v1`.
struct PrepareSettlements: Handler {
    static let access: AccessRule<PrepareSettlement> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<PrepareSettlement>, in transaction: inout MessageTransaction) async throws {
        let known = try await transaction.execute(LockRuns(ids: batch.messages.map(\.runId).sorted()))
        var runs = SettlementRuns(known)
        for request in batch.messages {
            switch runs.prepare(request.message) {
            case .success(let run):
                transaction.answer(request, with: SettlementTaken(runId: run.runId, state: run.state))
            case .failure(let refused):
                transaction.refuse(request, refused.reason.problem)
            }
        }
        for id in runs.added.sorted() {
            if let run = runs[id] { transaction.write(WriteRun(run: run, now: batch.now)) }
        }
        for id in runs.changed.subtracting(runs.added).sorted() {
            transaction.write(MoveRun(runId: id, state: .preparing))
        }
    }
}

/// Closes runs: `vouchers.close-settlement.v1`.
struct CloseSettlements: Handler {
    static let access: AccessRule<CloseSettlement> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<CloseSettlement>, in transaction: inout MessageTransaction) async throws {
        let known = try await transaction.execute(LockRuns(ids: batch.messages.map(\.runId).sorted()))
        var runs = SettlementRuns(known)
        for request in batch.messages {
            let before = runs.changed.count
            let obstacles = try await transaction.execute(FindObstacles(runId: request.runId, max: 1))
            switch runs.close(request.message, obstacles: obstacles, at: Timestamp(batch.now)) {
            case .success(let run):
                let taken = SettlementTaken(runId: run.runId, state: run.state)
                guard runs.changed.count > before else {
                    transaction.answer(request, with: taken)
                    continue
                }
                transaction.write(MoveRun(runId: run.runId, state: .closing, executeOn: run.executeOn))
                transaction.publish(
                    SettlementClosing(runId: run.runId, executeOn: request.executeOn), answering: request, with: taken)
            case .failure(let refused):
                transaction.refuse(request, refused.reason.problem)
            }
        }
    }
}
