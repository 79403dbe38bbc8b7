/// Asks for the sums of the ledger: `vouchers.get-ledger.v1`.
public struct GetLedger: Query {
    /// `vouchers.get-ledger.v1`.
    public static let type = MessageType(.vouchers, .query, "get-ledger")

    /// Makes the query.
    public init() {}

    /// The sums of the journal.
    public struct Reply: Codable, Equatable, Sendable {
        /// One kind of account in one currency.
        public struct Line: Codable, Equatable, Sendable {
            /// `voucher`, `issuer-cash`, `merchant-payable`.
            public var account: String
            /// ISO 4217.
            public var currency: String
            /// Debits less credits, in minor units.
            public var sum: Int64

            /// Makes a line.
            public init(account: String, currency: String, sum: Int64) {
                self.account = account
                self.currency = currency
                self.sum = sum
            }
        }

        /// The lines, by account and currency.
        public var lines: [Line]
        /// Vouchers issued.
        public var vouchers: Int64
        /// Redemptions booked.
        public var redemptions: Int64
        /// Whether every currency sums to zero and the balances of the vouchers that moved last equal their postings; of all
        /// vouchers ``FindLedgerMistakes`` tells.
        public var balanced: Bool

        /// Makes the answer.
        public init(lines: [Line], vouchers: Int64, redemptions: Int64, balanced: Bool) {
            self.lines = lines
            self.vouchers = vouchers
            self.redemptions = redemptions
            self.balanced = balanced
        }
    }
}

extension Catalogue {
    static let books = Group(requests: [Entry(GetLedger.self)], events: [])
}
