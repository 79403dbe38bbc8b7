import Contracts
import FoundationEssentials

/// An order as its row says.
struct VoucherOrder: Hashable, Sendable {
    var orderId: UUID
    var issuerCityId: UUID
    var programmeId: UUID
    /// In force when it was placed.
    var termsId: UUID
    var name: String
    var buyer: String?
    var purpose: OrderPurpose
    var payment: PaymentMethod?
    var isStock: Bool
    var currency: String
    /// Values and counts, in the order of the serial numbers.
    var lines: [Line]
    var ordered: Int
    var total: Int64
    var made: Int
    /// By which other content under the same id is recognised.
    var content: [UInt8]
    var placedAt: Timestamp
    var collectedAt: Timestamp?
    var codesUntil: Timestamp?
    /// That it was stopped.
    var cancellation: Cancellation?

    /// Under which id an order was stopped, and how far it has come with cancelling what was made.
    struct Cancellation: Hashable, Sendable {
        var cancellationId: UUID
        var cancelledAt: Timestamp
        /// The last serial number that was looked at.
        var through = 0
        /// How many of those are cancelled.
        var cancelled = 0
    }

    /// So many vouchers of one value.
    struct Line: Hashable, Sendable {
        var value: Int64
        var count: Int
    }

    /// Who pays for what the city will owe.
    var payer: Account {
        purpose.isGift ? .promotionCost(cityId: issuerCityId) : .issuerCash(cityId: issuerCityId)
    }

    /// The values of the vouchers with these serial numbers, which begin at 1.
    func values(of serials: ClosedRange<Int>) -> [Int64] {
        var values: [Int64] = []
        values.reserveCapacity(serials.count)
        var first = 1
        for line in lines where line.count > 0 {
            let own = first...(first + line.count - 1)
            if own.overlaps(serials) {
                values += Array(repeating: line.value, count: own.clamped(to: serials).count)
            }
            first += line.count
        }
        return values
    }

    /// How far it has come.
    var state: OrderState {
        if let cancellation { return cancellation.through < made ? .cancelling : .cancelled }
        if made < ordered { return .producing }
        return collectedAt == nil ? .ready : .collected
    }

    /// What its city is shown.
    var facts: OrderFacts {
        OrderFacts(
            orderId: orderId, issuerCityId: issuerCityId, programmeId: programmeId, name: name, buyer: buyer,
            purpose: purpose, payment: payment, isStock: isStock, vouchers: ordered, made: made,
            total: Money(total, currency), state: state, placedAt: placedAt)
    }

    /// What whoever placed it is answered, however often they ask.
    var reply: PlaceOrder.Reply {
        PlaceOrder.Reply(orderId: orderId, vouchers: ordered, total: Money(total, currency), placedAt: placedAt)
    }

    /// What everybody is told.
    var event: OrderPlaced {
        OrderPlaced(
            orderId: orderId, issuerCityId: issuerCityId, programmeId: programmeId, purpose: purpose, isStock: isStock,
            vouchers: ordered, total: Money(total, currency), placedAt: placedAt)
    }
}
