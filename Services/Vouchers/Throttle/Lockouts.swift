import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells who is locked out: `vouchers.find-lockouts.v1`.
struct FindLockoutsNow: QueryHandler {
    static let access: AccessRule<FindLockouts> = .editors { $0.cityId }

    func answer(_ query: FindLockouts, from asker: Asker, reading database: Pool) async throws -> FindLockouts.Reply {
        let found = try await database.execute(ReadLockouts(cityId: query.cityId))
        return FindLockouts.Reply(lockouts: found.compactMap { $0 })
    }
}

/// Ends lockouts before their time: `vouchers.end-lockout.v1`.
struct EndLockouts: Handler {
    static let access: AccessRule<EndLockout> = .editors { $0.cityId }

    let throttle: Throttle

    func handle(_ batch: Batch<EndLockout>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        let locked = try await transaction.execute(
            LockLockouts(ids: Set(batch.messages.map(\.lockoutId)).sorted()))
        let merchants = try await transaction.execute(
            ReadMerchants(ids: Set(locked.compactMap { $0.lockout?.merchantId }).sorted()))
        let cities = Dictionary(merchants.map { ($0.merchantId, $0.cityId) }) { first, _ in first }
        var rows = Dictionary(locked.map { ($0.lockout?.lockoutId, $0) }) { first, _ in first }
        var ended: [ThrottleRow] = []
        for command in batch.messages {
            guard var row = rows[command.lockoutId], var lockout = row.lockout,
                command.cityId == nil || lockout.merchantId.flatMap({ cities[$0] }) == command.cityId
            else {
                transaction.refuse(command, Problem("lockout-unknown", "There is no such lockout."))
                continue
            }
            guard row.isLocked(at: now) else {
                let reply = EndLockout.Reply(lockoutId: lockout.lockoutId, until: lockout.until)
                transaction.answer(command, with: reply)
                continue
            }
            lockout.until = now
            (row.lockout, row.forgottenAt) = (lockout, now)
            rows[command.lockoutId] = row
            ended.append(row)
            transaction.publish(
                LockoutEnded(lockoutId: lockout.lockoutId, endedAt: now), answering: command,
                with: EndLockout.Reply(lockoutId: lockout.lockoutId, until: now))
        }
        if ended.isEmpty { return }
        transaction.write(WriteThrottle(rows: ended))
        throttle.take(ended)
    }
}

extension VouchersDefinition {
    /// The throttle of wrong codes, and what operators see and do of it.
    static func addThrottle(_ handlers: inout HandlerSet<VouchersService>, _ throttle: Throttle) {
        handlers.add(FindLockoutsNow())
        handlers.add(EndLockouts(throttle: throttle))
        handlers.add(job: WatchThrottle(throttle: throttle))
    }
}
