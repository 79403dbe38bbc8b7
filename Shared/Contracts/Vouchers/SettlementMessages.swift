public import FoundationEssentials

/// Where a settlement run stands.
public enum SettlementState: String, Codable, CaseIterable, Sendable {
    /// It takes in what was spent and taken back in its period.
    case preparing
    /// It can be looked at, prepared again, and closed.
    case prepared
    /// It takes in the last, and is made for good.
    case closing
    /// What it says is booked, and its payments are made.
    case booking
    /// It never changes again.
    case closed
}

/// Takes a period's redemptions and reversals into a run, and makes its statements: `vouchers.prepare-settlement.v1`.
///
/// The work is done soon after the answer. Sent again it takes in what came meanwhile, until the run is closed. Refused with `settlement-differs` (the id has another period), `settlement-closed`,
/// `settlement-open` (another run is not closed yet), `period-gap` (the period must begin where the last one ended).
public struct PrepareSettlement: Command {
    /// `vouchers.prepare-settlement.v1`.
    public static let type = MessageType(.vouchers, .command, "prepare-settlement")
    /// What a successful answer holds.
    public typealias Reply = SettlementTaken

    /// Chosen by the sender.
    public var runId: UUID
    /// The days of the run, in UTC; it must have an end.
    public var period: Period

    /// Makes the command.
    public init(runId: UUID, period: Period) {
        self.runId = runId
        self.period = period
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { runId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.period(period, "period")
        checks.require(period.until != nil, "period", "must have an end")
        try checks.finish()
    }
}

/// A run that was asked for, and where it stands now.
public struct SettlementTaken: Codable, Equatable, Sendable {
    /// Of the command.
    public var runId: UUID
    /// Where it stands.
    public var state: SettlementState

    /// Makes the answer.
    public init(runId: UUID, state: SettlementState) {
        self.runId = runId
        self.state = state
    }
}

/// Closes a run for ever: books what it says, and makes its payments: `vouchers.close-settlement.v1`.
///
/// The work is done soon after the answer; `vouchers.settlement-closed.v1` says when it is. Refused with `settlement-unknown`,
/// `settlement-not-prepared` (retryable), `period-not-over` (retryable), `settlement-obstructed` (retryable; ``GetSettlement`` says
/// what is missing), `execution-past` (banks cannot pay in the past), `settlement-differs` (it was closed with another day).
public struct CloseSettlement: ReasonedCommand {
    /// `vouchers.close-settlement.v1`.
    public static let type = MessageType(.vouchers, .command, "close-settlement")
    /// What a successful answer holds.
    public typealias Reply = SettlementTaken

    /// Which one.
    public var runId: UUID
    /// When the banks are to pay.
    public var executeOn: Day
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(runId: UUID, executeOn: Day, reason: String? = nil) {
        self.runId = runId
        self.executeOn = executeOn
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { runId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.day(executeOn, "executeOn")
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// Something without which a run cannot be closed.
public struct SettlementObstacle: Codable, Hashable, Sendable {
    /// `merchant-account-unasked` (the registry has not answered yet), `city-account-missing`, `fee-vat-unknown`.
    public var code: String
    /// The merchant or the city.
    public var id: UUID

    /// Makes an obstacle.
    public init(code: String, id: UUID) {
        self.code = code
        self.id = id
    }
}

/// The sums of a run in one currency, in minor units.
public struct SettlementTotal: Codable, Hashable, Sendable {
    /// ISO 4217.
    public var currency: String
    /// Merchants with a statement.
    public var statements: Int64
    /// Spent.
    public var redeemed: Int64
    /// Taken back.
    public var reversed: Int64
    /// What merchants pay for the service.
    public var fees: Int64
    /// The value-added tax on that.
    public var feeVAT: Int64
    /// From earlier runs.
    public var carriedIn: Int64
    /// Paid to merchants by this run.
    public var paidOut: Int64
    /// Left to the next run; below zero if merchants owe more than they are owed.
    public var carriedOut: Int64

    /// Makes a total.
    public init(
        currency: String, statements: Int64, redeemed: Int64, reversed: Int64, fees: Int64, feeVAT: Int64,
        carriedIn: Int64, paidOut: Int64, carriedOut: Int64
    ) {
        self.currency = currency
        self.statements = statements
        self.redeemed = redeemed
        self.reversed = reversed
        self.fees = fees
        self.feeVAT = feeVAT
        self.carriedIn = carriedIn
        self.paidOut = paidOut
        self.carriedOut = carriedOut
    }
}

/// A run is prepared: `vouchers.settlement-prepared.v1` (fact).
public struct SettlementPrepared: Event {
    /// `vouchers.settlement-prepared.v1`.
    public static let type = MessageType(.vouchers, .event, "settlement-prepared")

    /// Which one.
    public var runId: UUID
    /// Its days.
    public var period: Period
    /// Its sums, by currency.
    public var totals: [SettlementTotal]

    /// Makes the event.
    public init(runId: UUID, period: Period, totals: [SettlementTotal]) {
        self.runId = runId
        self.period = period
        self.totals = totals
    }
}

/// Somebody closes a run: `vouchers.settlement-closing.v1` (fact).
public struct SettlementClosing: AuditedEvent {
    /// `vouchers.settlement-closing.v1`.
    public static let type = MessageType(.vouchers, .event, "settlement-closing")

    /// Which one.
    public var runId: UUID
    /// When the banks are to pay.
    public var executeOn: Day

    /// Makes the event.
    public init(runId: UUID, executeOn: Day) {
        self.runId = runId
        self.executeOn = executeOn
    }

    /// The run.
    public var auditedId: UUID { runId }
}

/// A run is closed, booked, and can be paid: `vouchers.settlement-closed.v1` (fact).
public struct SettlementClosed: Event {
    /// `vouchers.settlement-closed.v1`.
    public static let type = MessageType(.vouchers, .event, "settlement-closed")

    /// Which one.
    public var runId: UUID
    /// Its days.
    public var period: Period
    /// Its sums, by currency.
    public var totals: [SettlementTotal]

    /// Makes the event.
    public init(runId: UUID, period: Period, totals: [SettlementTotal]) {
        self.runId = runId
        self.period = period
        self.totals = totals
    }
}

/// A run could not be closed after all, because of what came in at the end: `vouchers.close-settlement-refused.v1`.
///
/// It is prepared again, as it was before.
public struct SettlementCloseRefused: Event {
    /// `vouchers.close-settlement-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "close-settlement-refused")

    /// Which one.
    public var runId: UUID
    /// What is missing; at most a hundred.
    public var obstacles: [SettlementObstacle]

    /// Makes the event.
    public init(runId: UUID, obstacles: [SettlementObstacle]) {
        self.runId = runId
        self.obstacles = obstacles
    }
}

extension Catalogue {
    static let settlement = Group(
        requests: [
            Entry(PrepareSettlement.self), Entry(CloseSettlement.self), Entry(GetSettlement.self),
            Entry(FindSettlements.self), Entry(FindStatements.self), Entry(GetStatement.self),
            Entry(GetStatementFile.self),
        ],
        events: [
            SettlementPrepared.self, SettlementClosing.self, SettlementClosed.self, SettlementCloseRefused.self,
        ])
}
