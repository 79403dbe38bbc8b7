public import FoundationEssentials

/// Issues one active voucher: `vouchers.issue.v1`.
///
/// The code is in the answer and nowhere else; a repeat gets it again for 10 minutes, then `already-issued`.
/// Refused with `city-unknown` (retryable: the city may not have been heard of yet), `issue-differs`, and where it belongs to a
/// programme with `programme-unknown`, `programme-closed` (no longer sold), `amount-not-offered`; also with
/// `voucher-pays-no-voucher`.
public struct IssueVoucher: Command {
    /// `vouchers.issue.v1`.
    public static let type = MessageType(.vouchers, .command, "issue")
    /// Ten minutes: the answer holds a code.
    public static let replyKeptSeconds = 600
    /// `already-issued`.
    public static var expiredReply: Problem {
        Problem("already-issued", "This voucher was issued; its code is no longer shown.")
    }

    /// Chosen by the seller; the same id with other content is refused.
    public var issueId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What was paid and can be spent: 1.00 to 10,000.00.
    public var value: Money
    /// Who is told what happens to the voucher; nobody if absent.
    public var personId: UUID?
    /// The programme of the issuer whose terms it is issued under; none if absent, and it never ends.
    public var programmeId: UUID?
    /// How it is paid, where the seller says so; with anything but a voucher.
    public var payment: PaymentMethod?

    /// Makes the command.
    public init(
        issueId: UUID, issuerCityId: UUID, value: Money, personId: UUID? = nil, programmeId: UUID? = nil,
        payment: PaymentMethod? = nil
    ) {
        self.issueId = issueId
        self.issuerCityId = issuerCityId
        self.value = value
        self.personId = personId
        self.programmeId = programmeId
        self.payment = payment
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { issueId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(value, "value", in: 100...1_000_000)
        try checks.finish()
    }

    /// The new voucher with its code.
    public struct Reply: Codable, Equatable, Sendable {
        /// The voucher.
        public var voucherId: UUID
        /// Bearer money: four groups of four characters.
        public var code: Secret
        /// What can be spent.
        public var value: Money
        /// The last day on which it can be spent, to be printed on it; for ever if absent.
        public var validUntil: Day?

        /// Makes the answer.
        public init(voucherId: UUID, code: Secret, value: Money, validUntil: Day? = nil) {
            self.voucherId = voucherId
            self.code = code
            self.value = value
            self.validUntil = validUntil
        }
    }
}

/// A voucher was issued: `vouchers.issued.v1` (fact).
public struct VoucherIssued: Event {
    /// `vouchers.issued.v1`.
    public static let type = MessageType(.vouchers, .event, "issued")

    /// Of the command.
    public var issueId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What was paid.
    public var value: Money
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var issuedAt: Timestamp
    /// The programme that it belongs to, if it does.
    public var programmeId: UUID?
    /// The terms that it keeps.
    public var termsId: UUID?
    /// The last day on which it can be spent; for ever if absent.
    public var validUntil: Day?

    /// Makes the event.
    public init(
        issueId: UUID, voucherId: UUID, issuerCityId: UUID, value: Money, personId: UUID?, issuedAt: Timestamp,
        programmeId: UUID? = nil, termsId: UUID? = nil, validUntil: Day? = nil
    ) {
        self.issueId = issueId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.value = value
        self.personId = personId
        self.issuedAt = issuedAt
        self.programmeId = programmeId
        self.termsId = termsId
        self.validUntil = validUntil
    }
}

/// A voucher was not issued: `vouchers.issue-refused.v1`.
public struct IssueRefused: Event {
    /// `vouchers.issue-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "issue-refused")

    /// Of the command.
    public var issueId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(issueId: UUID, code: String) {
        self.issueId = issueId
        self.code = code
    }
}

extension Catalogue {
    static let issuing = Group(
        requests: [Entry(IssueVoucher.self)], events: [VoucherIssued.self, IssueRefused.self])
}
