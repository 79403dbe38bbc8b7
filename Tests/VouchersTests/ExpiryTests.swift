import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// How vouchers end, and how an expired one becomes a new one: the decisions.
@Suite struct EndingTests {
    private static let now = Timestamp(milliseconds: 1_796_113_800_000)
    private static let today = Day(of: now)
    private static let keys = try? CodeKeys([(1, [UInt8](repeating: 1, count: 32))])

    private func voucher(
        _ status: Voucher.Status = .active, balance: Int64 = 700, held: Int64 = 0, valid: Int?, claim: Int? = nil
    ) -> Voucher {
        Voucher(
            voucherId: UUID(), issuerCityId: UUID(), currency: "EUR", value: 1_000, balance: balance, held: held,
            status: status, lookup: CodeLookup(keyID: 1, digest: []), lastFour: "ABCD", issuedAt: Self.now,
            validUntil: valid.map { Self.today.advanced(by: $0) },
            lapsesAfter: claim.map { Self.today.advanced(by: $0) })
    }

    @Test func aVoucherExpiresOnTheDayAfterItsLast() {
        let cases: [(Voucher, said: Bool, ended: Bool)] = [
            (voucher(valid: -1), true, true), (voucher(valid: 0), false, false), (voucher(valid: nil), false, false),
            (voucher(balance: 0, valid: -1), false, true), (voucher(.blocked, valid: -1), false, false),
            (voucher(.created, valid: -1), false, false), (voucher(.replaced, valid: -1), false, false),
            (voucher(held: 200, valid: -1), true, true),
        ]
        for (voucher, said, ended) in cases {
            var endings = Endings([voucher], at: Self.now)
            let event = endings.expire(voucher.voucherId)
            #expect((event != nil) == said && event?.balance.amount ?? 700 == 700)
            #expect(endings.changes.changed.map(\.status) == (ended ? [.expired] : []))
            #expect(endings.changes.entries.isEmpty, "the money stays owed")
        }
    }

    @Test func whatIsLeftAfterTheLimitationIsTheCitys() throws {
        let cases: [(Voucher, Int64)] = [
            (voucher(valid: -400, claim: -1), 700), (voucher(.expired, valid: -400, claim: -1), 700),
            (voucher(.blocked, valid: nil, claim: -1), 700), (voucher(valid: nil, claim: 0), 0),
            (voucher(valid: -1, claim: nil), 0), (voucher(balance: 0, valid: nil, claim: -1), 0),
            (voucher(held: 1, valid: nil, claim: -1), 0),
        ]
        for (voucher, amount) in cases {
            var endings = Endings([voucher], at: Self.now)
            let event = try endings.lapse(voucher.voucherId, as: UUID())
            #expect(event?.amount.amount ?? 0 == amount)
            #expect(
                endings.changes.entries.flatMap(\.postings).map(\.account)
                    == (amount > 0 ? [.voucher(voucher.voucherId), .expired(cityId: voucher.issuerCityId)] : []))
            if amount > 0 {
                #expect(endings.changes.changed.map(\.balance) == [0])
                #expect(endings.changes.changed.map(\.status) == [voucher.status == .blocked ? .blocked : .expired])
            }
            #expect(try endings.lapse(voucher.voucherId, as: UUID()) == nil, "nothing lapses twice")
        }
    }

    /// Random vouchers ended in random order: money only moves from vouchers to their cities, and every entry stands once.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func endingsMoveMoneyToCitiesAlone(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let vouchers = (0..<60).map { _ in
            let balance = Int64.random(in: 0...1_000, using: &generator)
            return voucher(
                Voucher.Status.allCases.randomElement(using: &generator) ?? .active, balance: balance,
                held: Bool.random(using: &generator) ? 0 : Int64.random(in: 0...balance, using: &generator),
                valid: Int.random(in: -3...3, using: &generator), claim: Int.random(in: -3...3, using: &generator))
        }
        var endings = Endings(vouchers, at: Self.now)
        var lapsed: Int64 = 0
        for voucher in vouchers.shuffled(using: &generator) + vouchers {
            if Bool.random(using: &generator) { _ = endings.expire(voucher.voucherId) }
            lapsed += try endings.lapse(voucher.voucherId, as: UUID())?.amount.amount ?? 0
        }
        let postings = endings.changes.entries.flatMap(\.postings)
        let credited = postings.filter { $0.account.kind == .expired }.reduce(0) { $0 - $1.amount }
        #expect(lapsed > 0 && credited == lapsed)
        let due = vouchers.filter { $0.held == 0 && ($0.lapsesAfter ?? Self.today) < Self.today }
        #expect(lapsed == due.reduce(0) { $0 + $1.balance })
        let before = Dictionary(uniqueKeysWithValues: vouchers.map { ($0.voucherId, $0) })
        for after in endings.changes.changed {
            let balance = before[after.voucherId]?.balance ?? -1
            #expect(
                after.balance == balance || (after.balance == 0 && due.contains { $0.voucherId == after.voucherId }))
        }
    }

    @Test func onlyAnExpiredVoucherIsExchanged() throws {
        let keys = try #require(Self.keys)
        let cases: [(Voucher, ExchangeRefusalReason?)] = [
            (voucher(.expired, valid: -1), nil), (voucher(valid: -1), nil),
            (voucher(.expired, valid: -1, claim: 0), nil),
            (voucher(valid: 0), .voucherNotExpired), (voucher(valid: nil), .voucherNotExpired),
            (voucher(.created, valid: -1), .voucherNotSold), (voucher(.blocked, valid: -1), .voucherBlocked),
            (voucher(.replaced, valid: -1), .voucherReplaced), (voucher(.cancelled, valid: -1), .voucherCancelled),
            (voucher(.expired, valid: -2, claim: -1), .voucherLapsed),
            (voucher(.expired, balance: 0, valid: -1), .voucherSpent),
            (voucher(.expired, held: 1, valid: -1), .voucherHeld),
        ]
        var generator = SeededGenerator(seed: 9)
        for (var voucher, reason) in cases {
            let code = VoucherCode.random(using: &generator)
            voucher.lookup = keys.lookup(for: code)
            var exchanges = Exchanges(vouchers: [voucher], terms: [], earlier: [], keys: keys)
            let command = ExchangeVoucher(
                exchangeId: UUID(), issuerCityId: voucher.issuerCityId, code: Secret(code.formatted))
            let decision = try exchanges.exchange(
                ExchangeRequest(command, keys: keys), at: Self.now, using: &generator)
            if let reason {
                #expect(decision == .refused(reason))
                #expect(exchanges.changes.isEmpty && exchanges.records.isEmpty)
            } else {
                #expect(exchanges.changes.added.map(\.balance) == [700])
                #expect(exchanges.changes.changed.map(\.status) == [.replaced])
                #expect(exchanges.changes.changed.map(\.balance) == [0])
            }
        }
    }

    @Test func theNewVoucherIsTheSameClaim() throws {
        let keys = try #require(Self.keys)
        var generator = SeededGenerator(seed: 10)
        for claim in [20, 10_000] {
            var old = voucher(.expired, valid: -1, claim: claim)
            let code = VoucherCode.random(using: &generator)
            old.lookup = keys.lookup(for: code)
            old.issuedAt = Timestamp(milliseconds: 1_000_000_000_000)
            old.acceptedIn = [UUID()]
            old.orderId = UUID()
            old.personId = UUID()
            let terms = Terms(
                termsId: UUID(), programmeId: UUID(), issuerCityId: old.issuerCityId, number: 1,
                promise: ProgrammeTerms(
                    currency: "EUR", denominations: [1_000], validity: PrintedValidity(months: 12)),
                limitationYears: 30)
            old.termsId = terms.termsId
            var exchanges = Exchanges(vouchers: [old], terms: [terms], earlier: [], keys: keys)
            let command = ExchangeVoucher(
                exchangeId: UUID(), issuerCityId: old.issuerCityId, code: Secret(code.formatted))
            let request = ExchangeRequest(command, keys: keys)
            guard case .exchanged(let result) = try exchanges.exchange(request, at: Self.now, using: &generator) else {
                Issue.record("not exchanged")
                return
            }
            let new = result.new
            #expect(new.termsId == old.termsId && new.acceptedIn == old.acceptedIn && new.personId == old.personId)
            #expect(new.issuedAt == old.issuedAt && new.lapsesAfter == old.lapsesAfter && new.orderId == nil)
            #expect(new.validUntil == (claim == 20 ? old.lapsesAfter : Self.today.adding(months: 12)))
            #expect(new.lookup != old.lookup && new.lookup == keys.lookup(for: result.code) && new.value == 700)
            #expect(try exchanges.exchange(request, at: Self.now, using: &generator) == .repeated(result.reply))
        }
    }
}

/// Expiry, limitation and exchange on a real database.
@Suite(.timeLimit(.minutes(2)))
struct ExpiryHandlerTests {
    private func exchange(_ shop: Shop) -> ExchangeVouchers {
        ExchangeVouchers(keys: shop.keys, seal: shop.seal, throttle: shop.throttle)
    }

    /// Issues a voucher under a programme of a year, sold so many days ago.
    private func sold(_ shop: Shop, _ amount: Int64 = 1_000, daysAgo: Int) async throws -> IssueVoucher.Reply {
        let programme = SetProgramme(
            programmeId: UUID(), issuerCityId: shop.city, name: "Gutschein",
            terms: ProgrammeTerms(
                currency: "EUR", openAmounts: AmountRange(from: 100, to: 10_000), validity: PrintedValidity(months: 12))
        )
        _ = try await shop.bench.run(SetProgrammes(), [programme])
        let command = IssueVoucher(
            issueId: UUID(), issuerCityId: shop.city, value: Money(amount, "EUR"), programmeId: programme.programmeId)
        let day = Date().addingTimeInterval(-86_400 * Double(daysAgo))
        return try await shop.bench.run(shop.issue, [command], at: day).reply(to: IssueVoucher.self)
    }

    private func read(_ shop: Shop, _ id: UUID) async throws -> Voucher {
        try #require(try await shop.bench.database.execute(ReadVouchersByID(ids: [id])).first)
    }

    @Test func everyStatementOfExpiryFitsTheSchema() async throws {
        try await Shop.open { shop in
            let day = Day(number: 20_000)
            let mistakes = try await shop.bench.mistakes(in: [
                TakeExpired(day: day, max: 1), TakeLapsed(day: day, max: 1), MarkLapsed(ids: []),
                ReadTermsOfVouchers(lookups: []), ReadExchanges(ids: []),
                WriteExchanges(exchanges: [], sealedCodes: [], until: Date(), now: Date()), ForgetExchangeCodes(),
            ])
            #expect(mistakes == [])
        }
    }

    @Test func aVoucherExpiresOnceAndItsMoneyStaysOwed() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 400)
            let new = try await sold(shop, daysAgo: 300)
            let first = try await shop.bench.run(ExpireVouchers())
            let events = try first.outcome.events(VoucherExpired.self)
            #expect(events.map(\.voucherId) == [old.voucherId] && events.map(\.balance) == [old.value])
            #expect(try await read(shop, old.voucherId).status == .expired)
            #expect(try await read(shop, new.voucherId).status == .active)
            let again = try await shop.bench.run(ExpireVouchers())
            #expect(again.outcome.events.isEmpty && !again.hasMore)
            let refused = try await shop.bench.run(shop.redeem, [shop.redemption(old, 100)])
            #expect(refused.problem()?.code == "voucher-not-usable")
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.lines.map(\.sum) == [2_000, -2_000])
        }
    }

    @Test func aTillRefusesAnExpiredVoucherBeforeTheJobHasSeenIt() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 400)
            let refused = try await shop.bench.run(shop.redeem, [shop.redemption(old, 100)])
            #expect(refused.problem()?.code == "voucher-not-usable")
        }
    }

    @Test func aJobThatIsUndoneIsDoneAgain() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 400)
            _ = try await shop.bench.run(ExpireVouchers(), end: .undone)
            #expect(try await read(shop, old.voucherId).status == .active)
            let events = try await shop.bench.run(ExpireVouchers()).outcome.events(VoucherExpired.self)
            #expect(events.count == 1)
        }
    }

    @Test func manyExpireInPartsAndSpentOnesInSilence() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 400)
            try await shop.bench.database.withConnection {
                try await $0.runScript(
                    """
                    INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup,
                        last_four, issued_at, valid_until)
                    SELECT md5(number::text)::uuid, issuer_city_id, 'EUR', 1000, 0, 'active', 1,
                        sha256(number::text::bytea), 'ABCD', issued_at, valid_until
                    FROM voucher, generate_series(1, 600) AS number
                    """)
            }
            let first = try await shop.bench.run(ExpireVouchers())
            let second = try await shop.bench.run(ExpireVouchers())
            #expect(first.hasMore && !second.hasMore)
            let events = first.outcome.events + second.outcome.events
            #expect(events.count == 1)
            #expect(try await read(shop, old.voucherId).status == .expired)
            let third = try await shop.bench.run(ExpireVouchers())
            #expect(third.outcome.events.isEmpty && !third.hasMore)
        }
    }

    @Test func whatNobodyMayClaimIsBookedAwayOnce() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 31 * 366)
            let new = try await sold(shop, daysAgo: 400)
            _ = try await shop.bench.run(ExpireVouchers())
            let outcome = try await shop.bench.run(LapseVouchers()).outcome
            let events = try outcome.events(VoucherLapsed.self)
            #expect(events.map(\.voucherId) == [old.voucherId] && events.map(\.amount) == [old.value])
            #expect(try await shop.bench.run(LapseVouchers()).outcome.events.isEmpty)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced)
            #expect(
                ledger.lines.map { "\($0.account) \($0.sum)" } == [
                    "expired -1000", "issuer-cash 2000", "voucher -1000",
                ])
            #expect(try await read(shop, old.voucherId).balance == 0)
            #expect(try await read(shop, new.voucherId).balance == 1_000)
            let command = ExchangeVoucher(exchangeId: UUID(), issuerCityId: shop.city, code: old.code)
            #expect(try await shop.bench.run(exchange(shop), [command]).problem()?.code == "voucher-lapsed")
        }
    }

    @Test func whatComesBackAfterTheLimitationLapsesAgain() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 31 * 366)
            _ = try await shop.bench.run(LapseVouchers())
            // As a redemption that is taken back books it.
            let back = LedgerEntry(
                .init(.reversal, UUID()), at: Timestamp(Date()), moving: Money(300, "EUR"),
                debit: .merchantPayable(shop.merchant), credit: .voucher(old.voucherId))
            var book = VoucherBook([try await read(shop, old.voucherId)])
            try book.book(back)
            let changes = book.changes
            _ = try await shop.bench.database.execute(
                WriteVoucherChanges(vouchers: changes.changed), WritePostings(entries: changes.entries, now: Date()))
            let events = try await shop.bench.run(LapseVouchers()).outcome.events(VoucherLapsed.self)
            #expect(events.map(\.amount.amount) == [300])
            #expect(try await shop.bench.run(LapseVouchers()).outcome.events.isEmpty)
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func anExpiredVoucherIsExchangedAndTheNewOneSpent() async throws {
        try await Shop.open { shop in
            let old = try await sold(shop, daysAgo: 400)
            _ = try await shop.bench.run(ExpireVouchers())
            let command = ExchangeVoucher(exchangeId: UUID(), issuerCityId: shop.city, code: old.code)
            let outcome = try await shop.bench.run(exchange(shop), [command, command])
            let reply = try outcome.reply(0, to: ExchangeVoucher.self)
            #expect(try outcome.reply(1, to: ExchangeVoucher.self) == reply)
            #expect(reply.voucherId == old.voucherId && reply.value == old.value && reply.code != old.code)
            let valid = try #require(reply.validUntil)
            #expect(valid > Day(of: Timestamp(Date())))
            let event = try #require(try outcome.events(VoucherExchanged.self).first)
            #expect(try outcome.events(VoucherExchanged.self).count == 1)
            #expect(event.newVoucherId == reply.newVoucherId && event.value == reply.value)
            for said in outcome.events {
                #expect(!String(decoding: said.body, as: UTF8.self).contains(reply.code.revealed))
            }
            let again = try await shop.bench.run(exchange(shop), [command])
            #expect(try again.reply(to: ExchangeVoucher.self) == reply)
            #expect(again.events.isEmpty)

            let spend = RedeemVoucher(
                redemptionId: UUID(), code: reply.code, merchantId: shop.merchant, amount: Money(400, "EUR"))
            let spent = try await shop.bench.run(shop.redeem, [spend])
            #expect(try spent.reply(to: RedeemVoucher.self).balance.amount == 600)
            let refused = try await shop.bench.run(shop.redeem, [shop.redemption(old, 1)])
            #expect(refused.problem()?.code == "voucher-not-usable")
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.lines.map(\.sum) == [1_000, -400, -600])
            let audited = try await shop.bench.audit(of: VouchersService.self)
            #expect(audited.map(\.auditedId).contains(old.voucherId))
        }
    }

    @Test func theNewCodeIsShownForTenMinutesOnly() async throws {
        try await Shop.open { shop in
            let (old, other) = (try await sold(shop, daysAgo: 400), try await sold(shop, daysAgo: 400))
            let command = ExchangeVoucher(exchangeId: UUID(), issuerCityId: shop.city, code: old.code)
            _ = try await shop.bench.run(exchange(shop), [command])
            try await shop.bench.database.withConnection {
                try await $0.runScript("UPDATE exchange SET code_until = now() - interval '1 second'")
            }
            #expect(try await shop.bench.run(exchange(shop), [command]).problem()?.code == "already-exchanged")
            _ = try await shop.bench.run(ForgetExchangedCodes())
            #expect(try await shop.bench.database.execute(CountSealedCodes()) == [Int64(0)])
            var differing = [command, command, command]
            differing[0].code = other.code
            differing[1].issuerCityId = UUID()
            differing[2].code = Secret("rubbish")
            let outcome = try await shop.bench.run(exchange(shop), differing)
            #expect((0..<3).map { outcome.problem($0)?.code } == Array(repeating: "exchange-differs", count: 3))
        }
    }

    @Test func theOperatorHearsWhyAndTheOthersDoNot() async throws {
        try await Shop.open { shop in
            let valid = try await sold(shop, daysAgo: 10)
            func command(_ code: Secret, _ city: UUID? = nil) -> ExchangeVoucher {
                ExchangeVoucher(exchangeId: UUID(), issuerCityId: city ?? shop.city, code: code)
            }
            let outcome = try await shop.bench.run(
                exchange(shop),
                [
                    command(valid.code), command(valid.code, UUID()), command(Secret("0000-0000-0000-0000")),
                    command(Secret("0000-0000-0000-0001")), command(Secret("rubbish")),
                ])
            #expect(
                (0..<5).map { outcome.problem($0)?.code } == [
                    "voucher-not-expired", "voucher-unknown", "voucher-unknown", "wrong-check-character",
                    "code-malformed",
                ])
            let said = try outcome.events(ExchangeRefused.self).map(\.code)
            #expect(said == Array(repeating: "voucher-not-usable", count: 5))
        }
    }

    @Test func oneVoucherIsExchangedOnceByManyAtOnce() async throws {
        try await Shop.open(connections: 4) { shop in
            let old = try await sold(shop, daysAgo: 400)
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let command = ExchangeVoucher(exchangeId: UUID(), issuerCityId: shop.city, code: old.code)
                        let handler = exchange(shop)
                        return try await shop.bench.run(handler, [command]).problem()?.code
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.filter { $0 == nil }.count == 1)
            #expect(codes.filter { $0 == "voucher-replaced" }.count == 7)
            #expect(try await shop.ledger().balanced)
        }
    }
}

private struct CountSealedCodes: Statement {
    static let sql = "SELECT count(*) FROM exchange WHERE sealed_code IS NOT NULL"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
