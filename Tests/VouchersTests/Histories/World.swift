import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// A service in memory: rows as a database would hold them between batches, and the model beside it.
struct World {
    /// What the tables hold.
    struct Rows {
        var vouchers: [UUID: Voucher] = [:]
        var redemptions: [UUID: Redemption] = [:]
        /// What was taken back, by redemption.
        var reversed: [UUID: Int64] = [:]
        var refusals: [UUID: EarlierRedemption] = [:]
        var holds: [UUID: Hold] = [:]
        var holdRefusals: [UUID: EarlierHold] = [:]
        var reversals: [UUID: Reversal] = [:]
        var journal: [LedgerEntry] = []
    }

    /// How a decision ended.
    enum Outcome {
        case done(any Encodable)
        case repeated(any Encodable)
        /// The first answer again, a refusal.
        case repeatedRefusal(String)
        /// The code, and whether a repeat gets it again.
        case refused(String, isOutcome: Bool)
    }

    static let timeToLiveSecondsMax = 120

    var generator: SeededGenerator
    var rows = Rows()
    var model = Model()
    private(set) var now = Timestamp(milliseconds: 1_796_113_800_000)
    private(set) var keys: CodeKeys
    let city: UUID
    /// The last is in a city that is no member.
    let merchants: [KnownMerchant]
    /// Commands that were sent, to be sent again.
    var sent: [any Command] = []

    init(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let ids = (0..<7).map { _ in UUID.version7(at: Timestamp(milliseconds: 0), using: &generator) }
        city = ids[0]
        merchants = (1...3).map { KnownMerchant(merchantId: ids[$0], cityId: ids[$0 + 3]) }
        self.generator = generator
        keys = try CodeKeys([(1, [UInt8](repeating: 1, count: 32))])
    }

    /// All cities have been members for ever, but for that of the last merchant.
    var rule: AcceptanceRule {
        let always = [Period(from: Day(number: 0))]
        var active = Dictionary(uniqueKeysWithValues: ([city] + merchants.map(\.cityId)).map { ($0, always) })
        if let apart = merchants.last { active[apart.cityId] = [] }
        return AcceptanceRule(active: active, edges: [:])
    }

    mutating func rotateKeys() throws {
        keys = try CodeKeys([(2, [UInt8](repeating: 2, count: 32)), (1, [UInt8](repeating: 1, count: 32))])
    }

    mutating func pass(seconds: Int64) {
        now = Timestamp(milliseconds: now.milliseconds + seconds * 1000)
    }

    /// Blocks an active voucher, or makes any other active: what operators and days do to it.
    mutating func stopOrResumeOne() {
        guard let id = pick(rows.vouchers.keys), let status = rows.vouchers[id]?.status else { return }
        let stops: [Voucher.Status] = [.blocked, .expired]
        let next = status == .active ? stops.randomElement(using: &generator) ?? .blocked : .active
        rows.vouchers[id]?.status = next
        model.purses[id]?.status = next
    }

    // MARK: Choosing

    /// A new id, the same for the same seed.
    mutating func newID() -> UUID { .version7(at: now, using: &generator) }

    /// One of several, the same for the same seed and ids.
    mutating func pick<Value: Comparable>(_ values: some Collection<Value>) -> Value? {
        values.sorted().randomElement(using: &generator)
    }

    /// Several commands: most are new, some were sent before, and some of those say something else now.
    mutating func batch<C: Command>(
        max: Int = 8, new: (inout World) -> C?, changed: (C, inout World) -> C
    ) -> [C] {
        var commands: [C] = []
        for _ in 0..<Int.random(in: 1...max, using: &generator) {
            let roll = Int.random(in: 0..<10, using: &generator)
            let earlier = (commands + sent.compactMap { $0 as? C }).randomElement(using: &generator)
            if roll < 3, let earlier {
                commands.append(roll == 0 ? changed(earlier, &self) : earlier)
            } else if let command = new(&self) {
                commands.append(command)
            }
        }
        sent.append(contentsOf: commands as [any Command])
        return commands
    }

    mutating func amount(upTo max: Int64 = 2_000) -> Money {
        let currency = Int.random(in: 0..<20, using: &generator) == 0 ? "HUF" : "EUR"
        return Money(Int64.random(in: 1...Swift.max(1, max), using: &generator), currency)
    }

    // MARK: Judging

    /// `#expect` at a third of the price of a decision would be most of the run.
    func hold(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { Issue.record("\(what())") }
    }

    /// Compares what was decided with what the model says; returns whether something was done now.
    ///
    /// - Parameters:
    ///   - key: What the command's id is the id of, and the id.
    ///   - differs: The code for an id that was used with other content.
    ///   - rule: Why the command is refused if its id is new; `nil` if it is done.
    mutating func judge<C: Command>(
        _ command: C, _ key: String, differs: String, rule: String?, _ outcome: Outcome
    ) throws -> Bool {
        let said = "\(C.type) \(try json(command))"
        let first = model.firsts[key]
        let expected = first.map { $0.said == said ? $0.answer : differs } ?? rule
        let answer: String
        var (isDone, isOutcome) = (false, false)
        switch outcome {
        case .done(let reply): (answer, isDone, isOutcome) = (try json(reply), true, true)
        case .repeated(let reply): answer = try json(reply)
        case .repeatedRefusal(let code): answer = code
        case .refused(let code, let isLast): (answer, isOutcome) = (code, isLast)
        }
        hold(isDone ? expected == nil : expected == answer, "\(said): \(answer) instead of \(expected ?? "success")")
        if isOutcome { model.remember(key, said: said, answer: answer) }
        return isDone
    }

    private func json(_ value: any Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    // MARK: Writing

    mutating func write(_ changes: VoucherBook.Changes) {
        for voucher in changes.added {
            hold(rows.vouchers[voucher.voucherId] == nil, "a voucher inserted twice")
            rows.vouchers[voucher.voucherId] = voucher
        }
        for voucher in changes.changed { rows.vouchers[voucher.voucherId] = voucher }
        rows.journal += changes.entries
        expectSorted(changes.added.map(\.voucherId))
        expectSorted(changes.changed.map(\.voucherId))
    }

    mutating func write(_ redemptions: [Redemption]) {
        for redemption in redemptions {
            hold(rows.redemptions[redemption.redemptionId] == nil, "a redemption inserted twice")
            rows.redemptions[redemption.redemptionId] = redemption
            rows.reversed[redemption.redemptionId] = 0
        }
        expectSorted(redemptions.map(\.redemptionId))
    }

    /// Rows are locked and inserted in the order of their ids.
    func expectSorted(_ ids: [UUID]) {
        hold(ids == Set(ids).sorted(), "rows out of order")
    }
}
