import Contracts
import Foundation
import TestKit

/// What a till wants done: one redemption, and every message that it sends for it.
struct Purchase: Sendable {
    /// What has to become of it, as far as the till can know.
    enum Kind: Sendable {
        /// A voucher's code: redeemed, or refused for want of money.
        case card(Card)
        /// No voucher's code: refused.
        case wrongCode
    }

    let redemptionId: UUID
    let kind: Kind
    let merchantId: UUID
    let amount: Int64
    /// Whether the till wants an answer.
    let asks: Bool
    let body: [UInt8]

    /// The message ids it was sent under: the first, and further ones where the till asked anew.
    var messageIds: [String]
}

/// Makes purchases, the same ones from the same seed as far as ids are concerned.
struct Purchases {
    let shop: Shop
    var generator: SeededGenerator

    /// Codes with the right form whose check character is wrong, of which there is no voucher, and that are none at all.
    private static let wrongCodes = ["0000-0000-0000-0001", "7ZZZ-ZZZZ-ZZZZ-ZZZ7", "not a code"]

    /// A third of all purchases are paid with the first card.
    mutating func next() throws -> Purchase {
        let redemptionId = generator.uuid()
        let isWrong = Int.random(in: 0..<100, using: &generator) < 2
        let isHot = Int.random(in: 0..<3, using: &generator) == 0
        let card = isHot ? shop.cards[0] : shop.cards[Int.random(in: 1..<shop.cards.count, using: &generator)]
        let wrong = Purchases.wrongCodes[Int.random(in: 0..<3, using: &generator)]
        let merchant = shop.merchants[Int.random(in: 0..<shop.merchants.count, using: &generator)]
        let amount = Int64.random(in: 1...200, using: &generator)
        let asks = Int.random(in: 0..<10, using: &generator) < 4
        let command = RedeemVoucher(
            redemptionId: redemptionId, code: Secret(isWrong ? wrong : card.code), merchantId: merchant,
            amount: Money(amount, "EUR"))
        return Purchase(
            redemptionId: redemptionId, kind: isWrong ? .wrongCode : .card(card), merchantId: merchant, amount: amount,
            asks: asks, body: [UInt8](try JSONEncoder().encode(command)),
            messageIds: [generator.uuid().uuidString.lowercased()])
    }
}

extension SeededGenerator {
    /// A random UUID (version 4).
    mutating func uuid() -> UUID {
        let high = next()
        let low = next()
        func byte(_ word: UInt64, _ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * place)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6) & 0x0F | 0x40, byte(high, 7), byte(low, 0) & 0x3F | 0x80, byte(low, 1), byte(low, 2),
                byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}
