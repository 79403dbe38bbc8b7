import Contracts
import Foundation

/// Printed stock and what was sold of it, as the desk knows it.
struct DeskStock: Sendable {
    var orderId = UUID()
    /// What is printed, and of which value.
    var count = 0
    var value: Int64 = 0
    var cityId = UUID()
    /// The serial numbers of each sale.
    var sales: [UUID: ClosedRange<Int>] = [:]
    /// The files that codes left in.
    var files: [UUID: CodeFile] = [:]

    /// How many are sold.
    var sold: Int { sales.values.reduce(0) { $0 + $1.count } }
}

/// What the database holds of it.
struct DeskStockFound: Sendable {
    let vouchers: [AuditDeskVouchers.Row]
    let sales: [AuditStockSales.Row]
    let files: [AuditCodeFiles.Row]
    /// SHA-256 of the files that are there, by name.
    let digests: [String: String]
    /// The lines of the sales' entries.
    let postings: [AuditPostings.Row]

    init(
        vouchers: [AuditDeskVouchers.Row], sales: [AuditStockSales.Row], files: [AuditCodeFiles.Row],
        digests: [String: String], postings: [AuditPostings.Row]
    ) {
        (self.vouchers, self.sales, self.files, self.digests) = (vouchers, sales, files, digests)
        let ids = Set(sales.map(\.saleId))
        self.postings = postings.filter { $0.cause == "issue" && ids.contains($0.causeId) }
    }

    /// Everything in which it differs from what was printed, sold and given out.
    func faults(_ stock: DeskStock) -> [String] {
        (voucherFaults(stock) + saleFaults(stock) + fileFaults(stock)).map { "desk: stock: \($0)" }
    }

    private func voucherFaults(_ stock: DeskStock) -> [String] {
        var faults: [String] = []
        let printed = DeskBooks.Voucher(value: stock.value, balance: 0, status: "created")
        let sold = DeskBooks.Voucher(value: stock.value, balance: stock.value)
        if vouchers.count != stock.count { faults.append("\(vouchers.count) are printed, not \(stock.count)") }
        let money = vouchers.filter { $0.voucher == sold }.count
        if money != stock.sold { faults.append("\(money) are money, not \(stock.sold)") }
        let paper = vouchers.filter { $0.voucher == printed }.count
        if paper != stock.count - stock.sold { faults.append("\(paper) are not sold, not \(stock.count - stock.sold)") }
        return faults
    }

    private func saleFaults(_ stock: DeskStock) -> [String] {
        var faults: [String] = []
        let wanted = Set(
            stock.sales.map { id, serials in
                AuditStockSales.Row(
                    saleId: id, orderId: stock.orderId, from: Int32(serials.lowerBound), to: Int32(serials.upperBound),
                    vouchers: Int32(serials.count), total: stock.value * Int64(serials.count))
            })
        if Set(sales) != wanted || sales.count != wanted.count {
            faults.append("the sales are \(sales), not \(wanted)")
        }
        for (id, serials) in stock.sales {
            let lines = postings.filter { $0.causeId == id }
            let total = stock.value * Int64(serials.count)
            let paid = lines.filter { $0.account == "issuer-cash" && $0.ownerId == stock.cityId }.map(\.amount)
            let owed = lines.filter { $0.account == "voucher" && $0.amount == -stock.value }
            if paid != [total] || owed.count != serials.count || lines.count != serials.count + 1 {
                faults.append("sale \(id) of \(serials) has \(lines.count) lines, paid \(paid)")
            }
        }
        let owners = postings.filter { $0.account == "voucher" }.map(\.ownerId)
        let money = Set(vouchers.filter { $0.voucher.status == "active" }.map(\.voucherId))
        if Set(owners) != money || owners.count != money.count {
            faults.append("other vouchers are booked than are money")
        }
        return faults
    }

    private func fileFaults(_ stock: DeskStock) -> [String] {
        let wanted = stock.files.mapValues { AuditCodeFiles.Row($0) }
        let found = Dictionary(files.map { ($0.fileId, $0) }) { first, _ in first }
        var faults = found == wanted ? [] : ["the files are \(found), not \(wanted)"]
        for file in files where digests[file.name] != file.sha256 {
            faults.append("\(file.name) is \(digests[file.name] ?? "missing"), not \(file.sha256)")
        }
        return faults
    }
}
