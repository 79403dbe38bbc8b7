import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Random histories of everything that operators do, against a table of balances.
@Suite struct LifeHistoryTests {
    private struct World {
        var generator: SeededGenerator
        let keys: CodeKeys
        let city = UUID()
        var now = Timestamp(milliseconds: 1_796_113_800_000)
        // Rows.
        var vouchers: [UUID: Voucher] = [:]
        var blocks: [UUID: VoucherBlock] = [:]
        var changes: [UUID: VoucherChange] = [:]
        var codes: [UUID: Secret?] = [:]
        var entries: [LedgerEntry] = []
        /// The model: what is owed on each voucher.
        var owed: [UUID: Int64] = [:]
        var cash: Int64 = 0

        var life: VoucherLife {
            VoucherLife(Array(vouchers.values), blocks: Array(blocks.values), earlier: Array(changes.values))
        }

        mutating func keep(_ life: VoucherLife) {
            let written = life.book.changes
            for voucher in written.added + written.changed { vouchers[voucher.voucherId] = voucher }
            for block in life.newBlocks { blocks[block.voucherId] = block }
            for id in life.endedBlocks { blocks[id] = nil }
            for change in life.changes { changes[change.changeId] = change }
            entries += written.entries
        }

        mutating func sell() throws {
            var book = VoucherBook()
            let value = Int64.random(in: 100...5_000, using: &generator)
            let code = VoucherCode.random(using: &generator)
            let voucher = Voucher(
                voucherId: UUID(), issuerCityId: city, currency: "EUR", value: value, status: .active,
                lookup: keys.lookup(for: code), lastFour: code.lastFour, issuedAt: now)
            book.add(voucher)
            try book.book(
                LedgerEntry(
                    .init(.issue, UUID()), at: now, moving: Money(value, "EUR"), debit: .issuerCash(cityId: city),
                    credit: .voucher(voucher.voucherId)))
            for voucher in book.changes.added { vouchers[voucher.voucherId] = voucher }
            entries += book.changes.entries
            owed[voucher.voucherId] = value
            cash += value
        }

        /// A new id, or now and then an earlier one.
        mutating func anyChangeID() -> UUID {
            let isNew = Int.random(in: 0..<5, using: &generator) > 0
            return isNew ? UUID() : changes.keys.sorted().randomElement(using: &generator) ?? UUID()
        }

        mutating func step() throws {
            let ids = vouchers.keys.sorted()
            guard let id = ids.randomElement(using: &generator), let before = vouchers[id] else { return try sell() }
            var life = life
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: try sell()
            case 1:
                if case .done = life.block(BlockVoucher(voucherId: id, issuerCityId: city), at: now) {
                    #expect([.created, .active, .expired].contains(before.status))
                }
                keep(life)
            case 2:
                if case .done(let voucher) = life.unblock(UnblockVoucher(voucherId: id, issuerCityId: city)) {
                    #expect(before.status == .blocked && voucher.status == .active)
                }
                keep(life)
            case 3: try replace(id)
            case 4: try refund(id)
            default: try cancel(id)
            }
        }

        mutating func replace(_ id: UUID) throws {
            let command = ReplaceVoucher(replacementId: anyChangeID(), voucherId: id, issuerCityId: city)
            let isKnown = changes[command.replacementId] != nil
            var replacements = Replacements(life, shown: codes, keys: keys)
            guard case .done(let made) = try replacements.replace(command, at: now, using: &generator) else { return }
            #expect(!isKnown && (owed[id] ?? 0) > 0)
            owed[made.newVoucherId] = owed[id]
            owed[id] = 0
            codes[made.change.changeId] = made.code
            keep(replacements.life)
        }

        mutating func refund(_ id: UUID) throws {
            var life = life
            let command = RefundVoucher(refundId: anyChangeID(), voucherId: id, issuerCityId: city)
            let isKnown = changes[command.refundId] != nil
            guard case .done(let paid) = try life.refund(command, redeemable: [id], gifts: [], at: now) else { return }
            #expect(!isKnown && paid.change.amount.amount == owed[id])
            cash -= owed[id] ?? 0
            owed[id] = 0
            keep(life)
        }

        mutating func cancel(_ id: UUID) throws {
            var life = life
            let command = CancelVoucher(cancellationId: anyChangeID(), voucherId: id, issuerCityId: city)
            let isKnown = changes[command.cancellationId] != nil
            let isSale = entries.contains { entry in
                entry.cause.kind == .issue && entry.postings.contains { $0.account.owner == id }
            }
            let payers: [UUID: Set<Account.Kind>] = isSale ? [id: [.issuerCash]] : [:]
            guard case .done = try life.cancel(command, payers: payers, days: 14, at: now) else { return }
            #expect(!isKnown && isSale && owed[id] == vouchers[id]?.value)
            cash -= owed[id] ?? 0
            owed[id] = 0
            keep(life)
        }

        func check(_ seed: UInt64) {
            var sums: [Account: Int64] = [:]
            for posting in entries.flatMap(\.postings) { sums[posting.account, default: 0] += posting.amount }
            let owes = vouchers.values.filter { $0.balance > 0 }.map(\.balance).reduce(0, +)
            let isRight =
                sums.values.reduce(0, +) == 0 && sums[.issuerCash(cityId: city), default: 0] == cash && owes == cash
                && Set(entries.map(\.cause)).count == entries.count
                && vouchers.values.allSatisfy { voucher in
                    voucher.balance == owed[voucher.voucherId]
                        && sums[.voucher(voucher.voucherId), default: 0] == -voucher.balance
                        && (blocks[voucher.voucherId] != nil) == (voucher.status == .blocked)
                        && (voucher.balance == 0 || ![.replaced, .cancelled].contains(voucher.status))
                }
            if !isRight { Issue.record("seed \(seed): the books do not say what was done") }
        }
    }

    @Test(arguments: UInt64(0)..<200)
    func theBooksSayWhatOperatorsDid(seed: UInt64) throws {
        let keys = try CodeKeys([(id: 1, bytes: [UInt8](repeating: 7, count: 32))])
        var world = World(generator: SeededGenerator(seed: seed), keys: keys)
        for _ in 0..<60 {
            try world.step()
            world.now = Timestamp(milliseconds: world.now.milliseconds + 60_000)
        }
        world.check(seed)
        let kinds = Set(world.changes.values.map(\.kind))
        if kinds.isEmpty { Issue.record("seed \(seed) changes nothing") }
    }
}
