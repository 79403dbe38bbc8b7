import Contracts
import Foundation
import Testing

/// The audit of the desk finds what it is there for: each test spoils one thing of a run in which everything was right.
@Suite("Audit of the desk")
struct DeskAuditTests {
    /// A voucher that is issued, held, captured in part, and taken back in part; a hold that is refused; an order of two.
    private struct Run {
        let voucher = UUID(), merchant = UUID(), city = UUID()
        let issue = UUID(), hold = UUID(), capture = UUID(), reversal = UUID(), refused = UUID()
        let order = UUID(), chunk = UUID()
        var wanted = DeskBooks()
        var found = DeskBooks()
        var errands: [Errand] = []
        var said: [Errand.Said: Int] = [:]
        var made: [AuditDeskVouchers.Row] = []
        var chunks: [AuditChunks.Row] = []
        var count: Int32 = 2
        var postings: [AuditPostings.Row] = []
        var serials = [1]
        var stock = DeskStock()
        var stockVouchers: [AuditDeskVouchers.Row] = []
        var sales: [AuditStockSales.Row] = []
        var files: [AuditCodeFiles.Row] = []
        var digests: [String: String] = [:]
        var salePostings: [AuditPostings.Row] = []
        var told: [Errand.Said] = []

        init() {
            wanted.issue(issue, in: city, makes: voucher, worth: 1_000)
            wanted.hold(hold, of: voucher, for: merchant, 300)
            wanted.capture(capture, from: hold, 200, releasesRest: true)
            wanted.reverse(reversal, of: capture, 50)
            wanted.refusedHolds[refused] = "insufficient-balance"
            found = wanted
            errands = [
                errand(HoldAmount.type, hold, [Errand.Said(AmountHeld.self, hold)], [success, success]),
                errand(HoldAmount.type, refused, [], [problem, problem], refusal: "insufficient-balance"),
            ]
            said = [
                Errand.Said(AmountHeld.self, hold): 1,
                Errand.Said(type: HoldRefused.type.description, id: refused, code: "insufficient-balance"): 1,
            ]
            made = (0..<2).map { _ in
                .init(voucherId: UUID(), orderId: order, voucher: .init(value: 1_000, balance: 1_000))
            }
            chunks = [.init(chunkId: chunk, orderId: order, firstSerial: 1, named: 2, found: 2)]
            postings =
                made.map { line("voucher", $0.voucherId, -1_000) } + [line("promotion-cost", city, 2_000)]
            printStock()
            told = [Errand.Said(VoucherExpired.self, voucher)]
            said[told[0]] = 1
        }

        /// Three are printed, of which the second and the third are sold; their codes are in a file.
        private mutating func printStock() {
            let (order, sale, file) = (UUID(), UUID(), UUID())
            stock = DeskStock(orderId: order, count: 3, value: 500, cityId: city, sales: [sale: 2...3])
            stock.files[file] = CodeFile(
                fileId: file, name: "codes", sha256: "0f", bytes: 9, vouchers: 3, reason: nil,
                madeAt: Timestamp(milliseconds: 0))
            stockVouchers = [0, 500, 500].map { balance in
                .init(
                    voucherId: UUID(), orderId: order,
                    voucher: .init(value: 500, balance: balance, status: balance == 0 ? "created" : "active"))
            }
            sales = [.init(saleId: sale, orderId: order, from: 2, to: 3, vouchers: 2, total: 1_000)]
            files = stock.files.values.map { .init($0) }
            digests = ["codes": "0f"]
            let lines: [(String, UUID, Int64)] =
                stockVouchers.dropFirst().map { ("voucher", $0.voucherId, -500) } + [("issuer-cash", city, 1_000)]
            salePostings = lines.map {
                .init(cause: "issue", causeId: sale, account: $0.0, ownerId: $0.1, amount: $0.2, currency: "EUR")
            }
        }

        func line(_ account: String, _ owner: UUID, _ amount: Int64) -> AuditPostings.Row {
            .init(cause: "issue", causeId: chunk, account: account, ownerId: owner, amount: amount, currency: "EUR")
        }

        var success: TillAnswer { TillAnswer(isProblem: false, json: "{}") }
        var problem: TillAnswer { TillAnswer(isProblem: true, json: "{}", code: "insufficient-balance") }

        func errand(
            _ type: MessageType, _ id: UUID, _ facts: [Errand.Said], _ answers: [TillAnswer], refusal: String? = nil
        ) -> Errand {
            Errand(
                type: type.description, body: [], subject: id, facts: facts,
                refusalType: HoldRefused.type.description, refusal: refusal, isRecorded: true,
                answers: Dictionary(uniqueKeysWithValues: answers.map { (UUID(), Set([$0])) }))
        }

        var faults: [String] {
            let orders = DeskOrders(
                vouchers: made, chunks: chunks, made: [(order, count)], postings: postings, said: [order: serials])
            let record = DeskRecord(
                books: wanted, errands: errands, orders: [order: [1_000: 2]], stock: stock, told: told)
            let found = DeskStockFound(
                vouchers: stockVouchers, sales: sales, files: files, digests: digests, postings: salePostings)
            return DeskAudit(record: record, found: self.found, orders: orders, stock: found, said: said).faults
        }
    }

    @Test("a run in which everything was right has no faults")
    func right() {
        #expect(Run().faults == [])
    }

    @Test("a row that is missing, other than it must be, or never asked for")
    func rows() {
        expectFault { $0.found.holds = [:] }
        expectFault { $0.found.refusedHolds = [:] }
        expectFault { $0.found.refusedHolds[$0.hold] = "voucher-not-active" }
        expectFault { $0.found.vouchers[$0.voucher]?.balance += 1 }
        expectFault { $0.found.vouchers[$0.voucher]?.status = "blocked" }
        expectFault { $0.found.vouchers[UUID()] = DeskBooks.Voucher(value: 1_000, balance: 1_000) }
        expectFault { $0.found.holds[$0.hold]?.state = "open" }
        expectFault { $0.found.redemptions[$0.capture]?.reversed = 0 }
        expectFault { $0.found.reversals[UUID()] = $0.found.reversals[$0.reversal] }
        expectFault { run in
            run.found.changes[UUID()] = .init(kind: "refund", voucherId: run.voucher, amount: 1)
        }
        expectFault { run in
            run.found.exchanges[UUID()] = .init(voucherId: run.voucher, newVoucherId: UUID(), amount: 1)
        }
    }

    @Test("an entry that is missing, booked twice, or has another line")
    func entries() {
        expectFault { $0.found.entries[.init(kind: "capture", id: $0.capture)] = nil }
        expectFault { $0.found.entries[.init(kind: "release", id: UUID())] = [:] }
        expectFault { run in
            let lines = run.found.entries[.init(kind: "hold", id: run.hold)] ?? [:]
            run.found.entries[.init(kind: "hold", id: run.hold)] = lines.mapValues { $0 + 1 }
        }
    }

    @Test("an answer that is missing, another one the second time, or the wrong one")
    func answers() {
        expectFault { $0.errands[0].answers = [:] }
        expectFault { $0.errands[0].answers[UUID()] = [] }
        expectFault { $0.errands[0].answers[UUID()] = [TillAnswer(isProblem: false, json: #"{"other":1}"#)] }
        expectFault { $0.errands[0].answers[UUID()] = [$0.problem] }
        expectFault { $0.errands[1].answers = [UUID(): [$0.success]] }
    }

    @Test("an event that is missing, said twice, or of nothing")
    func events() {
        expectFault { $0.said[Errand.Said(AmountHeld.self, $0.hold)] = nil }
        expectFault { $0.said[Errand.Said(AmountHeld.self, $0.hold)] = 2 }
        expectFault { $0.said[Errand.Said(VoucherBlocked.self, $0.voucher)] = 1 }
        // The second refusal of what is recorded is no news; one that is not recorded is said to each who asks.
        var unrecorded = Run()
        let errand = unrecorded.errand(
            HoldAmount.type, UUID(), [], [unrecorded.problem], refusal: "insufficient-balance")
        #expect(errand.said.values.reduce(0, +) == 1)
        unrecorded.errands.append(errand)
        #expect(!unrecorded.faults.isEmpty)
    }

    @Test("an order of which there is too little, too much, or something else")
    func orders() {
        expectFault { $0.made.removeLast() }
        expectFault { $0.made.append($0.made[0]) }
        expectFault { $0.count = 1 }
        expectFault { $0.chunks = [] }
        expectFault { $0.chunks[0] = .init(chunkId: $0.chunk, orderId: $0.order, firstSerial: 2, named: 2, found: 2) }
        expectFault { $0.chunks[0] = .init(chunkId: $0.chunk, orderId: $0.order, firstSerial: 1, named: 2, found: 1) }
        expectFault { $0.postings.removeFirst() }
        expectFault { $0.postings.removeLast() }
        expectFault { $0.serials = [1, 1] }
        expectFault { $0.serials = [] }
        expectFault { run in
            run.made[0] = .init(
                voucherId: UUID(), orderId: run.order, voucher: .init(value: 1_000, balance: 999))
        }
    }

    @Test("stock that is sold twice, not at all, or booked otherwise; files that are others")
    func stock() {
        expectFault { $0.stockVouchers.removeFirst() }
        expectFault { $0.stockVouchers[0] = $0.stockVouchers[1] }
        expectFault { $0.sales = [] }
        expectFault { $0.sales.append($0.sales[0]) }
        expectFault { $0.salePostings.removeFirst() }
        expectFault { $0.salePostings.removeLast() }
        expectFault { $0.salePostings[0] = $0.salePostings[1] }
        expectFault { $0.files = [] }
        expectFault { $0.digests = [:] }
        expectFault { $0.digests["codes"] = "f0" }
        expectFault { $0.told = [] }
    }

    private func expectFault(sourceLocation: SourceLocation = #_sourceLocation, _ spoil: (inout Run) -> Void) {
        var run = Run()
        spoil(&run)
        #expect(!run.faults.isEmpty, sourceLocation: sourceLocation)
    }
}
