import Contracts
import FoundationEssentials

@testable import vouchers

/// What the books should say, kept by additions and subtractions.
struct Model {
    /// What makes a city owe more, or less.
    enum Flow: CaseIterable {
        case issued, redeemed, reversed, lapsed, refunded

        var sign: Int64 { self == .issued || self == .reversed ? 1 : -1 }
    }

    /// A voucher.
    struct Purse {
        var free: Int64
        var held: Int64 = 0
        var status = Voucher.Status.active
    }

    /// A hold.
    struct Held {
        var purse: UUID
        var merchant: UUID
        var left: Int64
        var expiresAt: Timestamp
        /// The code of its refusals, once nothing is left.
        var end: String?
    }

    /// A redemption.
    struct Spent {
        var purse: UUID
        var merchant: UUID
        var left: Int64
    }

    /// By voucher.
    var purses: [UUID: Purse] = [:]
    /// The vouchers by their codes.
    var codes: [String: UUID] = [:]
    var holds: [UUID: Held] = [:]
    var spent: [UUID: Spent] = [:]
    /// What is owed to each merchant.
    var owed: [UUID: Int64] = [:]
    private(set) var flows: [Flow: Int64] = [:]
    /// What was said and answered first under an id; the key tells what it is the id of.
    private(set) var firsts: [String: (said: String, answer: String)] = [:]

    /// What is owed to holders.
    var liability: Int64 { flows.map { $0.key.sign * $0.value }.reduce(0, +) }

    mutating func count(_ flow: Flow, _ amount: Int64) {
        flows[flow, default: 0] += amount
    }

    mutating func remember(_ key: String, said: String, answer: String) {
        firsts[key] = (said, answer)
    }

    /// What a purse loses to a merchant, out of what is free or what is held.
    mutating func spend(_ amount: Int64, of purse: UUID, at merchant: UUID, _ redemption: UUID, held: Bool = false) {
        if held { purses[purse]?.held -= amount } else { purses[purse]?.free -= amount }
        owed[merchant, default: 0] += amount
        spent[redemption] = Spent(purse: purse, merchant: merchant, left: amount)
        count(.redeemed, amount)
    }

    /// Frees what is left of a hold.
    mutating func free(_ hold: UUID, end: String) {
        guard let held = holds[hold] else { return }
        purses[held.purse]?.held -= held.left
        purses[held.purse]?.free += held.left
        holds[hold]?.left = 0
        holds[hold]?.end = end
    }
}
