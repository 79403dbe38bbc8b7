import Contracts
import Foundation
import Postgres

/// Compares what the database holds, and what was said, with what the desk knows of its own commands.
///
/// Everything that is not about the tills' vouchers is looked at here; what nobody asked for is found.
struct DeskAudit: Sendable {
    let record: DeskRecord
    let found: DeskBooks
    let orders: DeskOrders
    let stock: DeskStockFound
    let said: [Errand.Said: Int]

    /// Reads everything.
    static func take(_ system: System, _ desk: Desk, _ till: Till, _ log: EventLog) async throws -> DeskAudit {
        let record = await desk.record
        let cards = Set(till.cards.map(\.voucherId))
        let connection = try await Connection.connect(to: system.database(.vouchers), name: "audit", limits: .migrating)
        let (vouchers, issues, holds, refused, redemptions) = try await connection.execute(
            AuditDeskVouchers(), AuditIssues(), AuditHolds(), AuditRefusedHolds(), AuditDeskRedemptions())
        let (reversals, chunks, made, postings) = try await connection.execute(
            AuditReversals(), AuditChunks(), AuditOrders(), AuditPostings())
        let (changes, exchanges, sales, files) = try await connection.execute(
            AuditChanges(), AuditExchanges(), AuditStockSales(), AuditCodeFiles())
        await connection.close()

        let others = vouchers.filter { !cards.contains($0.voucherId) }
        let printed = record.stock.orderId
        let orders = DeskOrders(
            vouchers: others.filter { $0.orderId != nil && $0.orderId != printed },
            chunks: chunks.filter { $0.orderId != printed }, made: made.filter { $0.0 != printed }, postings: postings,
            said: try await log.events(OrderProduced.self, by: \.orderId).mapValues { $0.map(\.event.firstSerial) })
        let stock = DeskStockFound(
            vouchers: others.filter { $0.orderId == printed }, sales: sales, files: files,
            digests: try await digests(of: files, in: system.mailFolder), postings: postings)
        var found = DeskBooks()
        found.vouchers = table(others.filter { $0.orderId == nil }.map { ($0.voucherId, $0.voucher) })
        found.issues = table(issues.filter { !cards.contains($0.1) })
        found.holds = table(holds)
        found.refusedHolds = table(refused)
        found.redemptions = table(redemptions.filter { !cards.contains($0.1.voucherId) })
        found.reversals = table(reversals)
        found.changes = table(changes)
        found.exchanges = table(exchanges)
        let theirs = Set((postings.touching(cards) + orders.postings + stock.postings).map(\.entry))
        found.note(postings.filter { !theirs.contains($0.entry) })
        return DeskAudit(
            record: record, found: found, orders: orders, stock: stock,
            said: try await log.saidOfDesk(cards, purchases: Set(await till.record.map(\.redemptionId))))
    }

    /// What is in the folder of code files, as far as it is known of.
    private static func digests(of files: [AuditCodeFiles.Row], in folder: String) async throws -> [String: String] {
        var digests: [String: String] = [:]
        for file in files {
            let result = try await Program.run("/usr/bin/sha256sum", ["\(folder)/\(file.name)"])
            if result.status == 0 { digests[file.name] = result.output.split(separator: " ").first.map(String.init) }
        }
        return digests
    }

    private static func table<Value>(_ rows: [(UUID, Value)]) -> [UUID: Value] {
        Dictionary(rows) { first, _ in first }
    }

    /// Everything that is not as it must be.
    var faults: [String] {
        record.errands.flatMap(\.faults) + record.books.differences(from: found) + orders.faults(record.orders)
            + stock.faults(record.stock) + events
    }

    /// Every outcome was said, each as often as it is one.
    private var events: [String] {
        var wanted: [Errand.Said: Int] = [:]
        for errand in record.errands { wanted.merge(errand.said, uniquingKeysWith: +) }
        for said in record.told { wanted[said, default: 0] += 1 }
        return Set(wanted.keys).union(said.keys).compactMap { key in
            let (wanted, said) = (wanted[key, default: 0], said[key, default: 0])
            return wanted == said ? nil : "desk: \(key) was said under \(said) ids, not \(wanted)"
        }
    }

    /// How much was done.
    var counts: String {
        let answers = record.errands.flatMap { $0.answers.values.joined() }
        let refused = record.errands.filter { $0.refusal != nil }.count
        return "the desk: \(record.errands.count) commands, \(refused) of them refused, under "
            + "\(record.errands.reduce(0) { $0 + $1.answers.count }) message ids; "
            + "\(answers.filter { $0.code == Audit.merchantUnknown }.count) early refusals; "
            + "\(found.vouchers.count) vouchers, "
            + "\(found.holds.count) holds, \(found.redemptions.count) captures, \(found.reversals.count) reversals, "
            + "\(found.changes.count) replaced, refunded or cancelled, \(found.exchanges.count) exchanged; "
            + "\(orders.vouchers.count) vouchers of \(orders.made.count) orders; \(record.stock.sold) of \(stock.vouchers.count) "
            + "printed ones sold in \(stock.sales.count) sales, codes in \(stock.files.count) files"
    }
}

extension AuditPostings.Row {
    /// The entry that the line belongs to.
    var entry: DeskBooks.Cause { DeskBooks.Cause(kind: cause, id: causeId) }
}

extension DeskBooks {
    /// Takes lines of the journal.
    mutating func note(_ postings: [AuditPostings.Row]) {
        for line in postings {
            entries[line.entry, default: [:]][
                Line(account: line.account, ownerId: line.ownerId, amount: line.amount), default: 0] += 1
        }
    }
}

/// What was made of orders.
struct DeskOrders: Sendable {
    let vouchers: [AuditDeskVouchers.Row]
    let chunks: [AuditChunks.Row]
    let made: [UUID: Int32]
    /// The lines of the chunks' entries.
    let postings: [AuditPostings.Row]
    /// The first serial numbers of the chunks that were said, by order.
    let said: [UUID: [Int]]

    init(
        vouchers: [AuditDeskVouchers.Row], chunks: [AuditChunks.Row], made: [(UUID, Int32)],
        postings: [AuditPostings.Row], said: [UUID: [Int]]
    ) {
        self.vouchers = vouchers
        self.chunks = chunks
        self.made = Dictionary(made) { first, _ in first }
        let ids = Set(chunks.map(\.chunkId))
        self.postings = postings.filter { $0.cause == "issue" && ids.contains($0.causeId) }
        self.said = said
    }

    /// Everything in which they differ from what was ordered: how many vouchers of which value.
    func faults(_ ordered: [UUID: [Int64: Int]]) -> [String] {
        Set(ordered.keys).union(made.keys).flatMap { faults(of: $0, ordered[$0, default: [:]]) }
    }

    private func faults(of orderId: UUID, _ lines: [Int64: Int]) -> [String] {
        var faults: [String] = []
        let count = lines.values.reduce(0, +)
        if Int(made[orderId] ?? 0) != count { faults.append("\(made[orderId] ?? 0) are made, not \(count)") }
        let mine = vouchers.filter { $0.orderId == orderId }
        if mine.contains(where: { $0.voucher != DeskBooks.Voucher(value: $0.voucher.value, balance: $0.voucher.value) })
        {
            faults.append("a voucher is not as it was made")
        }
        let found = Dictionary(grouping: mine, by: \.voucher.value).mapValues(\.count)
        if found != lines { faults.append("vouchers by value are \(found), not \(lines)") }
        var next: Int32 = 1
        for chunk in chunks where chunk.orderId == orderId {
            if chunk.firstSerial != next { faults.append("a chunk begins at \(chunk.firstSerial), not \(next)") }
            if Int64(chunk.named) != chunk.found { faults.append("a chunk of \(chunk.named) has \(chunk.found)") }
            next += chunk.named
        }
        let serials = chunks.filter { $0.orderId == orderId }.map { Int($0.firstSerial) }
        if said[orderId, default: []].sorted() != serials { faults.append("its chunks were not said once each") }
        let ids = Set(chunks.filter { $0.orderId == orderId }.map(\.chunkId))
        let booked = postings.filter { ids.contains($0.causeId) }
        let worth = lines.reduce(0) { $0 + $1.key * Int64($1.value) }
        for (account, wanted) in [("voucher", -worth), ("promotion-cost", worth)] {
            let sum = booked.filter { $0.account == account }.reduce(0) { $0 + $1.amount }
            if sum != wanted { faults.append("\(account) has \(sum), not \(wanted)") }
        }
        return faults.map { "desk: order \(orderId): \($0)" }
    }
}
