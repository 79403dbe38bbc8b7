public import FoundationEssentials

/// A settlement run.
public struct SettlementRun: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var runId: UUID
    /// Its days, in UTC.
    public var period: Period
    /// Where it stands.
    public var state: SettlementState
    /// When the banks are to pay.
    public var executeOn: Day?
    /// When it was prepared last.
    public var preparedAt: Timestamp?
    /// When it was closed.
    public var closedAt: Timestamp?

    /// Makes a run.
    public init(
        runId: UUID, period: Period, state: SettlementState, executeOn: Day? = nil, preparedAt: Timestamp? = nil,
        closedAt: Timestamp? = nil
    ) {
        self.runId = runId
        self.period = period
        self.state = state
        self.executeOn = executeOn
        self.preparedAt = preparedAt
        self.closedAt = closedAt
    }
}

/// What two cities owe each other for a run, in minor units.
public struct SettlementPair: Codable, Hashable, Sendable {
    /// One.
    public var cityId: UUID
    /// The other.
    public var otherCityId: UUID
    /// ISO 4217.
    public var currency: String
    /// By the first, for its vouchers spent in the other; below zero if more was taken back.
    public var owes: Int64
    /// To the first, for the other's vouchers spent in it.
    public var isOwed: Int64
    /// The one payment that settles both; none if they are equal, and before the run is closed.
    public var payoutId: UUID?

    /// Makes a pair.
    public init(
        cityId: UUID, otherCityId: UUID, currency: String, owes: Int64, isOwed: Int64, payoutId: UUID? = nil
    ) {
        self.cityId = cityId
        self.otherCityId = otherCityId
        self.currency = currency
        self.owes = owes
        self.isOwed = isOwed
        self.payoutId = payoutId
    }
}

/// Gets a run with its sums: `vouchers.get-settlement.v1`.
///
/// Refused with `settlement-unknown`.
public struct GetSettlement: Query {
    /// `vouchers.get-settlement.v1`.
    public static let type = MessageType(.vouchers, .query, "get-settlement")

    /// Which one.
    public var runId: UUID

    /// Makes the query.
    public init(runId: UUID) {
        self.runId = runId
    }

    /// What one city pays in one currency.
    public struct Debtor: Codable, Hashable, Sendable {
        /// The city.
        public var cityId: UUID
        /// ISO 4217.
        public var currency: String
        /// How many payments.
        public var payouts: Int64
        /// Their sum in minor units, which is the control sum of the city's payment files.
        public var sum: Int64
        /// How many of them the banks have carried out.
        public var confirmed: Int64
        /// How many payment files they fill.
        public var parts: Int

        /// Makes a debtor.
        public init(cityId: UUID, currency: String, payouts: Int64, sum: Int64, confirmed: Int64, parts: Int) {
            self.cityId = cityId
            self.currency = currency
            self.payouts = payouts
            self.sum = sum
            self.confirmed = confirmed
            self.parts = parts
        }
    }

    /// The run.
    public struct Reply: Codable, Equatable, Sendable {
        /// Period and state.
        public var run: SettlementRun
        /// Sums of the statements, by currency.
        public var totals: [SettlementTotal]
        /// What cities owe each other.
        public var pairs: [SettlementPair]
        /// Who pays how much; none before the run is closed.
        public var debtors: [Debtor]
        /// What keeps it from being closed; at most a hundred.
        public var obstacles: [SettlementObstacle]

        /// Makes the answer.
        public init(
            run: SettlementRun, totals: [SettlementTotal], pairs: [SettlementPair], debtors: [Debtor],
            obstacles: [SettlementObstacle]
        ) {
            self.run = run
            self.totals = totals
            self.pairs = pairs
            self.debtors = debtors
            self.obstacles = obstacles
        }
    }
}

/// Lists runs, the latest first: `vouchers.find-settlements.v1`.
public struct FindSettlements: Query {
    /// `vouchers.find-settlements.v1`.
    public static let type = MessageType(.vouchers, .query, "find-settlements")

    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Day?

    /// Makes the query.
    public init(limit: Int? = nil, after: Day? = nil) {
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.page(limit, max: 100)
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// Runs by the end of their period.
        public var settlements: [SettlementRun]
        /// Where the next page begins, if there is one.
        public var next: Day?

        /// Makes the answer.
        public init(settlements: [SettlementRun], next: Day?) {
            self.settlements = settlements
            self.next = next
        }
    }
}

/// What becomes of what a merchant is due.
public enum StatementOutcome: String, Codable, CaseIterable, Sendable {
    /// It is paid.
    case payout
    /// Nothing is due.
    case nothing
    /// More was taken back than spent: the next run takes it off.
    case carriedNegative = "carried-negative"
    /// The registry knows no account: the next run has it again.
    case carriedNoAccount = "carried-no-account"
}

/// What a run says to a merchant, in minor units.
public struct MerchantStatement: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var merchantId: UUID
    /// The merchant's city, which pays.
    public var cityId: UUID
    /// ISO 4217.
    public var currency: String
    /// How many redemptions.
    public var redemptions: Int64
    /// Their sum.
    public var redeemed: Int64
    /// How many reversals.
    public var reversals: Int64
    /// Their sum.
    public var reversed: Int64
    /// Of redeemed less reversed, in hundredths of a percent.
    public var feeBasisPoints: Int
    /// What the merchant pays for the service; below zero if more was taken back than spent.
    public var fee: Int64
    /// 2000 is 20 %; absent where the country's rate is not known.
    public var feeVATBasisPoints: Int?
    /// The value-added tax on the fee.
    public var feeVAT: Int64
    /// From earlier runs.
    public var carriedIn: Int64
    /// redeemed − reversed − fee − feeVAT + carriedIn.
    public var due: Int64
    /// What becomes of that.
    public var outcome: StatementOutcome
    /// The payment; none before the run is closed.
    public var payoutId: UUID?

    /// Makes a statement.
    public init(
        merchantId: UUID, cityId: UUID, currency: String, redemptions: Int64, redeemed: Int64, reversals: Int64,
        reversed: Int64, feeBasisPoints: Int, fee: Int64, feeVATBasisPoints: Int?, feeVAT: Int64, carriedIn: Int64,
        due: Int64, outcome: StatementOutcome, payoutId: UUID? = nil
    ) {
        self.merchantId = merchantId
        self.cityId = cityId
        self.currency = currency
        self.redemptions = redemptions
        self.redeemed = redeemed
        self.reversals = reversals
        self.reversed = reversed
        self.feeBasisPoints = feeBasisPoints
        self.fee = fee
        self.feeVATBasisPoints = feeVATBasisPoints
        self.feeVAT = feeVAT
        self.carriedIn = carriedIn
        self.due = due
        self.outcome = outcome
        self.payoutId = payoutId
    }
}

/// Lists the statements of a run: `vouchers.find-statements.v1`.
public struct FindStatements: Query {
    /// `vouchers.find-statements.v1`.
    public static let type = MessageType(.vouchers, .query, "find-statements")

    /// Of which run.
    public var runId: UUID
    /// Of one city's merchants; all, for administrators, if absent.
    public var cityId: UUID?
    /// 1 to 500; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: String?

    /// Makes the query.
    public init(runId: UUID, cityId: UUID? = nil, limit: Int? = nil, after: String? = nil) {
        self.runId = runId
        self.cityId = cityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.page(limit, max: 500)
        if let after { checks.text(after, "after", max: 64) }
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// By merchant and currency.
        public var statements: [MerchantStatement]
        /// Where the next page begins, if there is one.
        public var next: String?

        /// Makes the answer.
        public init(statements: [MerchantStatement], next: String?) {
            self.statements = statements
            self.next = next
        }
    }
}

/// Gives a merchant its statement of a run, line by line: `vouchers.get-statement.v1`.
///
/// Refused with `statement-unknown`.
public struct GetStatement: Query {
    /// `vouchers.get-statement.v1`.
    public static let type = MessageType(.vouchers, .query, "get-statement")

    /// Of which run.
    public var runId: UUID
    /// Of which merchant.
    public var merchantId: UUID
    /// ISO 4217.
    public var currency: String
    /// Lines, 1 to 1000; 200 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: UUID?

    /// Makes the query.
    public init(runId: UUID, merchantId: UUID, currency: String, limit: Int? = nil, after: UUID? = nil) {
        self.runId = runId
        self.merchantId = merchantId
        self.currency = currency
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.page(limit, max: 1_000)
        checks.text(currency, "currency", max: 3)
        try checks.finish()
    }

    /// A redemption or a reversal.
    public struct Line: Codable, Hashable, Sendable {
        /// `redemption` or `reversal`.
        public var kind: String
        /// Its id, as the till chose it.
        public var id: UUID
        /// The city that issued the voucher.
        public var issuerCityId: UUID
        /// In minor units; below zero for a reversal.
        public var amount: Int64
        /// When it happened.
        public var at: Timestamp

        /// Makes a line.
        public init(kind: String, id: UUID, issuerCityId: UUID, amount: Int64, at: Timestamp) {
            self.kind = kind
            self.id = id
            self.issuerCityId = issuerCityId
            self.amount = amount
            self.at = at
        }
    }

    /// The statement, and a page of its lines.
    public struct Reply: Codable, Equatable, Sendable {
        /// The sums.
        public var statement: MerchantStatement
        /// In the order of time.
        public var lines: [Line]
        /// Where the next page begins, if there is one.
        public var next: UUID?

        /// Makes the answer.
        public init(statement: MerchantStatement, lines: [Line], next: UUID?) {
            self.statement = statement
            self.lines = lines
            self.next = next
        }
    }
}

/// Gives the statements of a run as CSV, page by page: `vouchers.get-statement-file.v1`.
public struct GetStatementFile: Query {
    /// `vouchers.get-statement-file.v1`.
    public static let type = MessageType(.vouchers, .query, "get-statement-file")

    /// Of which run.
    public var runId: UUID
    /// Of one city's merchants; all, for administrators, if absent.
    public var cityId: UUID?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: String?

    /// Makes the query.
    public init(runId: UUID, cityId: UUID? = nil, after: String? = nil) {
        self.runId = runId
        self.cityId = cityId
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let after { checks.text(after, "after", max: 64) }
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// Lines with their ends, those of the first page behind a line of columns.
        public var csv: String
        /// Where the next page begins, if there is one.
        public var next: String?

        /// Makes the answer.
        public init(csv: String, next: String?) {
            self.csv = csv
            self.next = next
        }
    }
}

extension Checks {
    /// Requires a page of a size that fits into an answer, where one is asked for.
    mutating func page(_ limit: Int?, max: Int) {
        if let limit { require((1...max).contains(limit), "limit", "must be 1 to \(max)") }
    }
}
