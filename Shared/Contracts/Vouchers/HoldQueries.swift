public import FoundationEssentials

/// Where a hold stands.
public enum HoldState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Something of it is held.
    case open
    /// The last of it was captured, or freed with the last capture.
    case captured
    /// The shop freed what was held.
    case released
    /// Its time is over: what is still held is freed within seconds.
    case expired
}

/// Tells what is held, and what became of it: `vouchers.get-hold.v1`.
///
/// Refused with `hold-unknown` (retryable), also where it is another merchant's.
public struct GetHold: Query {
    /// `vouchers.get-hold.v1`.
    public static let type = MessageType(.vouchers, .query, "get-hold")

    /// Which one.
    public var holdId: UUID
    /// For whom it is held; any merchant, for administrators, if absent.
    public var merchantId: UUID?

    /// Makes the query.
    public init(holdId: UUID, merchantId: UUID? = nil) {
        self.holdId = holdId
        self.merchantId = merchantId
    }

    /// The hold: `amount` is `captured`, `released` and `held` together.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var holdId: UUID
        /// The voucher.
        public var voucherId: UUID
        /// For whom it is held.
        public var merchantId: UUID
        /// What was set aside.
        public var amount: Money
        /// What was spent of it.
        public var captured: Money
        /// What was freed of it.
        public var released: Money
        /// What is held now.
        public var held: Money
        /// Where it stands.
        public var state: HoldState
        /// Since when.
        public var heldAt: Timestamp
        /// From when on it can be captured no more.
        public var expiresAt: Timestamp
        /// When the last of it was captured or freed.
        public var closedAt: Timestamp?

        /// Makes the answer.
        public init(
            holdId: UUID, voucherId: UUID, merchantId: UUID, amount: Money, captured: Money, released: Money,
            held: Money, state: HoldState, heldAt: Timestamp, expiresAt: Timestamp, closedAt: Timestamp?
        ) {
            self.holdId = holdId
            self.voucherId = voucherId
            self.merchantId = merchantId
            self.amount = amount
            self.captured = captured
            self.released = released
            self.held = held
            self.state = state
            self.heldAt = heldAt
            self.expiresAt = expiresAt
            self.closedAt = closedAt
        }
    }
}
