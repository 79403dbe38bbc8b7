/// What a reader can be told; the raw value names it in the database and in `notifications.delivered.v1`.
enum Template: String, CaseIterable, Sendable {
    case voucherIssued = "voucher-issued"
    case voucherRedeemed = "voucher-redeemed"
    case eventRegistered = "event-registered"
    case eventWaitlisted = "event-waitlisted"
    case eventPromoted = "event-promoted"

    /// The facts that its texts are made of, each used in every language.
    var facts: Set<FactName> {
        switch self {
        case .voucherIssued: [.value, .issuedAt]
        case .voucherRedeemed: [.amount, .balance, .redeemedAt, .isSpent]
        case .eventRegistered, .eventWaitlisted, .eventPromoted: [.title, .startsAt, .seats]
        }
    }
}
