import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// How wrong codes are counted, by the thousand.
@Suite struct WrongCodesTests {
    private static let start = Timestamp(milliseconds: 1_796_113_800_000)

    private static var rules: ThrottleRules {
        var rules = ThrottleRules()
        (rules.principalMax, rules.merchantMax, rules.everyoneMax) = (5, 8, 20)
        (rules.windowMilliseconds, rules.lockoutMilliseconds) = (40_000, 15_000)
        return rules
    }

    @Test func theOneThatIsTooManyLocksOutUntilItsEnd() throws {
        var wrong = WrongCodes([], rules: Self.rules)
        let till = Trier(user: "till", merchantId: UUID())
        for _ in 0..<4 { wrong.count(till, at: Self.start) }
        #expect(wrong.lockout(of: till, at: Self.start) == nil)
        wrong.count(till, at: Self.start)
        let lockout = try #require(wrong.lockout(of: till, at: Self.start))
        #expect(lockout.scope == .principal && lockout.userId == "till" && lockout.wrongCodes == 5)
        #expect(lockout.until.milliseconds == Self.start.milliseconds + 15_000)
        #expect(lockout.problem.retryable && lockout.problem.detail?.contains(lockout.until.description) == true)
        // Another till of the shop goes on, and has three tries for the shop.
        let other = Trier(user: "other", merchantId: till.merchantId)
        #expect(wrong.lockout(of: other, at: Self.start) == nil)
        for _ in 0..<3 { wrong.count(other, at: Self.start) }
        #expect(wrong.lockout(of: other, at: Self.start)?.scope == .merchant)
        // It ends by itself, and nothing is left of it.
        #expect(wrong.lockout(of: till, at: Timestamp(milliseconds: lockout.until.milliseconds - 1)) != nil)
        #expect(wrong.lockout(of: till, at: lockout.until) == nil)
        for _ in 0..<4 { wrong.count(till, at: lockout.until) }
        #expect(wrong.lockout(of: till, at: lockout.until) == nil)
    }

    @Test func typingSlowlyDoesNotMakeRoomForAnother() {
        var wrong = WrongCodes([], rules: Self.rules)
        let till = Trier(user: "till")
        func moment(_ number: Int64) -> Timestamp { Timestamp(milliseconds: Self.start.milliseconds + number * 1_500) }
        for number in 0..<4 { wrong.count(till, at: moment(Int64(number))) }
        #expect(wrong.lockout(of: till, at: moment(4)) == nil)
        wrong.count(till, at: moment(4))
        #expect(wrong.lockout(of: till, at: moment(4)) != nil)
    }

    @Test func tooManyInTotalStopOnlyWhoHasTriedOneLately() throws {
        var rules = Self.rules
        rules.everyoneMax = 6
        var wrong = WrongCodes([], rules: rules)
        let thieves = (0..<6).map { Trier(user: "thief \($0)", merchantId: nil) }
        for thief in thieves { wrong.count(thief, at: Self.start) }
        #expect(thieves.allSatisfy { wrong.lockout(of: $0, at: Self.start)?.scope == .everyone })
        let till = Trier(user: "till", merchantId: UUID())
        #expect(wrong.lockout(of: till, at: Self.start) == nil)
        wrong.count(till, at: Self.start)
        #expect(wrong.lockout(of: till, at: Self.start)?.scope == .everyone)
    }

    @Test func whoDoesNotSayTheirNameCountsAsOne() {
        var wrong = WrongCodes([], rules: Self.rules)
        for _ in 0..<5 { wrong.count(Trier(), at: Self.start) }
        #expect(wrong.lockout(of: Trier(), at: Self.start)?.userId == "")
    }

    /// Random tries of a few tills over hours: a lockout needs as many wrong codes in the window as the rules say, and nobody gets
    /// more than twice as many answered in any window.
    @Test(arguments: UInt64(0)..<300)
    func noWindowHasMoreThanItMayAndNoLockoutComesForLess(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rules = Self.rules
        var wrong = WrongCodes([], rules: rules)
        let shops = [UUID(), UUID()]
        let tills = (0..<4).map { Trier(user: "till \($0)", merchantId: shops[$0 / 2]) }
        var answered: [ThrottleKey: [Int64]] = [:]
        var seen: Set<UUID> = []
        var now = Self.start.milliseconds
        let pace = Int64.random(in: 1...4_000, using: &generator)
        for _ in 0..<400 {
            now += Int64.random(in: 0...pace, using: &generator)
            let (till, moment) = (tills[Int.random(in: 0..<4, using: &generator)], Timestamp(milliseconds: now))
            if wrong.lockout(of: till, at: moment) != nil { continue }
            wrong.count(till, at: moment)
            for key in till.keys { answered[key, default: []].append(now) }
            for lockout in wrong.changes.compactMap(\.lockout) where seen.insert(lockout.lockoutId).inserted {
                let key = try #require(till.keys.first { $0.scope == lockout.scope })
                let recent = answered[key, default: []].filter { $0 > now - rules.windowMilliseconds }
                #expect(recent.count >= rules.wrongCodesMax(of: key.scope), "seed \(seed)")
            }
        }
        for (key, times) in answered where key.scope != .everyone {
            // Fewer than twice as many in a window, and once more after each lockout that fits into it.
            let most =
                rules.wrongCodesMax(of: key.scope) * (2 + Int(rules.windowMilliseconds / rules.lockoutMilliseconds))
            for (index, time) in times.enumerated() {
                let inWindow = times[index...].prefix { $0 < time + rules.windowMilliseconds }.count
                if inWindow > most { Issue.record("seed \(seed): \(inWindow) in a window") }
            }
        }
    }
}
