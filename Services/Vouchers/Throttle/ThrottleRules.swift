import Contracts
import ServiceKit

/// How many wrong codes are too many, and for how long whoever tried them waits.
struct ThrottleRules: Hashable, Sendable {
    /// Of one broker user.
    var principalMax = 30
    /// Of one merchant with all its terminals.
    var merchantMax = 30
    /// Of everybody.
    var everyoneMax = 1_000
    /// The time in which so many are too many; each is forgotten after its share of it.
    var windowMilliseconds: Int64 = 600_000
    /// How long a lockout lasts.
    var lockoutMilliseconds: Int64 = 600_000

    func wrongCodesMax(of scope: Lockout.Scope) -> Int {
        switch scope {
        case .principal: principalMax
        case .merchant: merchantMax
        case .everyone: everyoneMax
        }
    }

    /// How long one wrong code counts.
    func shareMilliseconds(of scope: Lockout.Scope) -> Int64 {
        max(1, windowMilliseconds / Int64(max(1, wrongCodesMax(of: scope))))
    }

    /// The defaults.
    init() {}

    /// Reads the rules from the environment.
    init(_ settings: inout Settings) {
        let standard = ThrottleRules()
        func max(_ name: String, _ of: String, _ standard: Int) -> Int {
            settings.number(
                "VOUCHERS_WRONG_CODES_\(name)", "Wrong codes \(of) that lock out", default: standard,
                in: 1...1_000_000)
        }
        principalMax = max("PRINCIPAL", "of one broker user", standard.principalMax)
        merchantMax = max("MERCHANT", "of one merchant", standard.merchantMax)
        everyoneMax = max("TOTAL", "of everybody", standard.everyoneMax)
        windowMilliseconds =
            settings.duration(
                "VOUCHERS_WRONG_CODES_WINDOW", "The time in which so many are too many", default: .seconds(600),
                in: .seconds(1) ... .seconds(86_400)
            ).milliseconds
        lockoutMilliseconds =
            settings.duration(
                "VOUCHERS_LOCKOUT", "How long a lockout lasts", default: .seconds(600),
                in: .seconds(1) ... .seconds(86_400)
            ).milliseconds
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
