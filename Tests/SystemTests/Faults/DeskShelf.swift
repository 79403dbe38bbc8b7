import Contracts
import Foundation
import TestKit

/// What a desk has ready before anything fails: a programme that gives money back, vouchers past their validity, printed stock.
struct DeskShelf: Sendable {
    /// A voucher whose printed validity is over.
    struct Expired: Sendable {
        let voucherId: UUID
        let code: Secret
        let value: Int64
    }

    /// Its vouchers can be spent for a year, and are redeemable for cash.
    let programmeId: UUID
    /// Those that nobody has exchanged yet.
    var expired: [Expired] = []
    /// The first serial number of the stock that nobody has sold yet.
    var nextSerial = 1
}

extension Desk {
    /// How many vouchers are past their validity, and what each is worth.
    private static let expiredCount = 60
    private static let expiredValue: Int64 = 5_000
    /// How many are printed, of which value.
    static let printedCount = 3_000
    static let printedValue: Int64 = 1_000

    /// Fills the shelf.
    ///
    /// - Parameter age: Puts the last day of these vouchers into the past, and returns when the service has noted it. Nothing that
    ///   can be sent makes a voucher old.
    func fillShelf(age: ([UUID]) async throws -> Void) async throws {
        var shelf = DeskShelf(programmeId: UUID())
        _ = try await client.callUntilKnown(
            SetProgramme(
                programmeId: shelf.programmeId, issuerCityId: shop.cities[0], name: "Town voucher",
                terms: ProgrammeTerms(
                    currency: "EUR", denominations: [Self.printedValue],
                    openAmounts: AmountRange(from: 2_000, to: 100_000), validity: PrintedValidity(months: 12),
                    redeemableForCash: true)))
        for _ in 0..<Self.expiredCount { shelf.expired.append(try await sellToAge(under: shelf.programmeId)) }
        try await age(shelf.expired.map(\.voucherId))
        for voucher in shelf.expired {
            note { $0.vouchers[voucher.voucherId]?.status = "expired" }
            tell(Errand.Said(VoucherExpired.self, voucher.voucherId))
        }
        try await printStock(under: shelf.programmeId)
        put(shelf)
    }

    private func sellToAge(under programmeId: UUID) async throws -> DeskShelf.Expired {
        let (id, city) = (UUID(), shop.cities[0])
        let command = IssueVoucher(
            issueId: id, issuerCityId: city, value: Money(Self.expiredValue, "EUR"), programmeId: programmeId,
            payment: .card)
        let reply = try await ask(
            command, about: id, says: [Errand.Said(VoucherIssued.self, id)], orElse: IssueRefused.self,
            copies: Copies())
        guard let reply else { throw NotServed(description: "issue \(id) was refused") }
        note { $0.issue(id, in: city, makes: reply.voucherId, worth: Self.expiredValue) }
        return DeskShelf.Expired(voucherId: reply.voucherId, code: reply.code, value: Self.expiredValue)
    }

    private func printStock(under programmeId: UUID) async throws {
        let order = PlaceOrder(
            orderId: UUID(), issuerCityId: shop.cities[0], programmeId: programmeId, name: "Stock",
            purpose: .counterSale, isStock: true,
            lines: [OrderLine(value: Money(Self.printedValue, "EUR"), count: Self.printedCount)])
        _ = try await ask(
            order, about: order.orderId, says: [Errand.Said(OrderPlaced.self, order.orderId)],
            orElse: OrderRefused.self, copies: Copies(isAnew: true))
        try await eventually(within: .seconds(60), "the printed stock") {
            let found = try await client.call(GetOrder(orderId: order.orderId, issuerCityId: order.issuerCityId))
            return found.order.made == Self.printedCount
        }
        startStock(order.orderId)
    }

    // MARK: Code files

    /// Takes the codes of the stock out, the first time, or once more from a serial number on; the one after the other.
    func printCodes(_ number: Int) {
        let before = printing
        let (orderId, cityId) = (record.stock.orderId, shop.cities[0])
        let recipient = CodeRecipient(password: Secret("the password of the printer, \(orderId)"))
        let copies = Copies(isAtOnce: true, isAgain: true, isAnew: true)
        printing = Task {
            try await before?.value
            let fileId = UUID()
            let file: CodeFile?
            if number == 0 {
                let command = CollectCodes(
                    fileId: fileId, orderId: orderId, issuerCityId: cityId, recipient: recipient)
                file = try await ask(
                    command, about: fileId, says: [Errand.Said(CodesCollected.self, fileId)],
                    orElse: CodesRefused.self, copies: copies)
            } else {
                let command = ReprintCodes(
                    fileId: fileId, orderId: orderId, issuerCityId: cityId, fromSerial: 1 + number % 10 * 100,
                    toSerial: 1_500, recipient: recipient, reason: "The printer jammed.")
                file = try await ask(
                    command, about: fileId, says: [Errand.Said(CodesReprinted.self, fileId)],
                    orElse: CodesRefused.self, copies: copies)
            }
            guard let file else { throw NotServed(description: "file \(fileId) was refused") }
            keep(file)
        }
    }
}
