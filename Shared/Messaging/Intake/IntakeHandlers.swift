import Contracts
import FoundationEssentials
import Postgres

/// Pauses the intake of this service, of all its instances.
struct PauseIntakeOfService<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<PauseIntake<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<PauseIntake<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let pause = WritePause(
                seconds: Double(request.seconds), actor: request.envelope.user ?? "unknown", reason: request.reason)
            let (_, pauses) = try await transaction.execute(pause, ReadPause())
            transaction.answer(request, with: IntakeState(pausedUntil: pauses.first.map { Timestamp($0.until) }))
        }
    }
}

/// Has this service take in again.
struct ResumeIntakeOfService<Owner: ServiceOwner>: Handler {
    static var access: AccessRule<ResumeIntake<Owner>> { .administrators }
    static var batchMax: Int { 1 }

    func handle(_ batch: Batch<ResumeIntake<Owner>>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            transaction.write(EndPause())
            transaction.answer(request, with: IntakeState())
        }
    }
}
