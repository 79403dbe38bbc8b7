import Contracts
import FoundationEssentials

/// Decides redemptions as long as their senders may try codes.
struct ThrottledRedemptions: Sendable {
    /// What becomes of a request.
    enum Ending: Sendable {
        case decided(Redemptions.Decision)
        /// Nothing is said about its code.
        case lockedOut(Lockout)
    }

    private(set) var redemptions: Redemptions
    private(set) var wrong: WrongCodes
    /// Who tried a wrong code, or was locked out.
    private(set) var suspects: Set<Trier> = []

    init(_ redemptions: Redemptions, _ wrong: WrongCodes) {
        self.redemptions = redemptions
        self.wrong = wrong
    }

    /// Decides one request.
    mutating func redeem(
        _ request: RedemptionRequest, by trier: Trier, at now: Timestamp
    ) throws(BookingFault) -> Ending {
        if let lockout = wrong.lockout(of: trier, at: now) {
            suspects.insert(trier)
            return .lockedOut(lockout)
        }
        let decision = try redemptions.redeem(request, at: now)
        if case .refused(let refusal) = decision, refusal.reason.isWrongCode {
            suspects.insert(trier)
            wrong.count(trier, at: now)
        }
        return .decided(decision)
    }
}

extension RedemptionRefusalReason {
    /// Whether the code counts as wrong: whatever the outside hears the one generic refusal for, or else the throttle would tell
    /// which codes there are.
    var isWrongCode: Bool {
        switch self {
        case .codeMalformed, .wrongCheckCharacter, .voucherUnknown, .voucherNotActive, .voucherExpired: true
        default: false
        }
    }
}
