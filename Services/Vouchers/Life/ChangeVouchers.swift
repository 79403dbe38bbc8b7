import Contracts
import FoundationEssentials
import Messaging

/// Stops vouchers: `vouchers.block.v1`.
struct BlockVouchers: Handler {
    static let access: AccessRule<BlockVoucher> = .editors { $0.issuerCityId }

    func handle(_ batch: Batch<BlockVoucher>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        var life = try await transaction.life(of: batch.messages.map(\.voucherId))
        for command in batch.messages {
            switch life.block(command.message, at: now) {
            case .done(let voucher):
                let event = VoucherBlocked(
                    voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId, blockedAt: now)
                transaction.publish(event, answering: command, with: voucher.standing)
            case .repeated(let voucher): transaction.answer(command, with: voucher.standing)
            case .refused(let reason): transaction.refuse(command, "block", command.voucherId, reason)
            }
        }
        transaction.write(life, at: batch.now)
    }
}

/// Undoes that vouchers were stopped: `vouchers.unblock.v1`.
struct UnblockVouchers: Handler {
    static let access: AccessRule<UnblockVoucher> = .editors { $0.issuerCityId }

    func handle(_ batch: Batch<UnblockVoucher>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        var life = try await transaction.life(of: batch.messages.map(\.voucherId))
        for command in batch.messages {
            switch life.unblock(command.message) {
            case .done(let voucher):
                let event = VoucherUnblocked(
                    voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId, status: voucher.status,
                    unblockedAt: now)
                transaction.publish(event, answering: command, with: voucher.standing)
            case .repeated(let voucher): transaction.answer(command, with: voucher.standing)
            case .refused(let reason): transaction.refuse(command, "unblock", command.voucherId, reason)
            }
        }
        transaction.write(life, at: batch.now)
    }
}

/// Moves what is left on vouchers to new codes: `vouchers.replace.v1`.
struct ReplaceVouchers: Handler {
    static let access: AccessRule<ReplaceVoucher> = .editors { $0.issuerCityId }
    let keys: CodeKeys
    let seal: Seal

    func handle(_ batch: Batch<ReplaceVoucher>, in transaction: inout MessageTransaction) async throws {
        let ids = batch.messages.map(\.replacementId).sorted()
        let life = try await transaction.life(of: batch.messages.map(\.voucherId), changes: ids)
        let issues = try await transaction.execute(ReadIssues(ids: ids))
        let shown = try issues.map { ($0.issueId, try $0.code(openedBy: seal)) }

        var generator = SystemRandomNumberGenerator()
        var replacements = Replacements(life, shown: Dictionary(shown) { first, _ in first }, keys: keys)
        for command in batch.messages {
            switch try replacements.replace(command.message, at: Timestamp(batch.now), using: &generator) {
            case .done(let replacement):
                transaction.publish(replacement.event, answering: command, with: replacement.reply)
            case .repeated(let replacement): transaction.answer(command, with: replacement.reply)
            case .refused(.alreadyReplaced): transaction.refuse(command, ReplaceVoucher.expiredReply)
            case .refused(let reason): transaction.refuse(command, "replace", command.voucherId, reason)
            }
        }
        transaction.write(replacements.life, at: batch.now)
        try transaction.keep(replacements.codes, sealedBy: seal, at: batch.now)
    }
}

/// Pays out what is left on vouchers: `vouchers.refund.v1`.
struct RefundVouchers: Handler {
    static let access: AccessRule<RefundVoucher> = .editors { $0.issuerCityId }

    func handle(_ batch: Batch<RefundVoucher>, in transaction: inout MessageTransaction) async throws {
        let vouchers = batch.messages.map(\.voucherId)
        var life = try await transaction.life(of: vouchers, changes: batch.messages.map(\.refundId))
        let (redeemable, gifts) = try await transaction.execute(
            ReadRedeemableForCash(ids: vouchers), ReadGiftsWithoutCash(ids: vouchers))
        for command in batch.messages {
            let decision = try life.refund(
                command.message, redeemable: Set(redeemable), gifts: Set(gifts), at: Timestamp(batch.now))
            switch decision {
            case .done(let paid): transaction.publish(paid.refunded, answering: command, with: paid.reply)
            case .repeated(let paid): transaction.answer(command, with: paid.reply)
            case .refused(let reason): transaction.refuse(command, "refund", command.voucherId, reason)
            }
        }
        transaction.write(life, at: batch.now)
    }
}

/// Takes back vouchers of which nothing was spent: `vouchers.cancel.v1`.
struct CancelVouchers: Handler {
    static let access: AccessRule<CancelVoucher> = .editors { $0.issuerCityId }
    /// For how many days after the sale.
    let days: Int

    func handle(_ batch: Batch<CancelVoucher>, in transaction: inout MessageTransaction) async throws {
        let vouchers = batch.messages.map(\.voucherId)
        var life = try await transaction.life(of: vouchers, changes: batch.messages.map(\.cancellationId))
        let sales = try await transaction.execute(ReadPayers(ids: vouchers))
        let payers = Dictionary(sales.map { ($0.voucherId, Set([$0.payer])) }) { $0.union($1) }
        for command in batch.messages {
            switch try life.cancel(command.message, payers: payers, days: days, at: Timestamp(batch.now)) {
            case .done(let paid): transaction.publish(paid.cancelled, answering: command, with: paid.reply)
            case .repeated(let paid): transaction.answer(command, with: paid.reply)
            case .refused(let reason): transaction.refuse(command, "cancel", command.voucherId, reason)
            }
        }
        transaction.write(life, at: batch.now)
    }
}

extension Voucher {
    fileprivate var standing: VoucherStanding { VoucherStanding(voucherId: voucherId, status: status) }
}

extension MessageTransaction {
    /// Locks vouchers, and reads them and what was done with them earlier under these ids.
    mutating func life(of vouchers: [UUID], changes: [UUID] = []) async throws -> VoucherLife {
        let ids = Set(vouchers).sorted()
        let (_, vouchers, blocks, earlier) = try await execute(
            LockVouchersByID(ids: ids), ReadVouchersByID(ids: ids), ReadBlocks(ids: ids),
            ReadVoucherChanges(ids: changes))
        return VoucherLife(vouchers, blocks: blocks, earlier: earlier)
    }

    /// Writes what was decided.
    mutating func write(_ life: VoucherLife, at now: Date) {
        write(life.book.changes, at: now)
        if !life.newBlocks.isEmpty { write(WriteBlocks(blocks: life.newBlocks)) }
        if !life.endedBlocks.isEmpty { write(DeleteBlocks(ids: life.endedBlocks)) }
        if !life.changes.isEmpty { write(InsertVoucherChanges(changes: life.changes)) }
    }

    /// Refuses a command, and says so in an event.
    fileprivate mutating func refuse(
        _ command: Received<some Command>, _ change: String, _ voucherId: UUID, _ reason: LifeRefusalReason
    ) {
        publish(
            VoucherChangeRefused(voucherId: voucherId, change: change, code: reason.rawValue), refusing: command,
            with: reason.problem)
    }
}

extension VouchersDefinition {
    /// What operators do with vouchers, and how they find them.
    static func addLife(
        _ handlers: inout HandlerSet<VouchersService>, keys: CodeKeys, seal: Seal, cancelDays: Int
    ) {
        handlers.add(BlockVouchers())
        handlers.add(UnblockVouchers())
        handlers.add(ReplaceVouchers(keys: keys, seal: seal))
        handlers.add(RefundVouchers())
        handlers.add(CancelVouchers(days: cancelDays))
        handlers.add(FindVouchersOfCity())
        handlers.add(GetVoucherWithHistory())
    }
}
