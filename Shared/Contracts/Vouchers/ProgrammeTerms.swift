public import FoundationEssentials

/// When value-added tax is due (EU 2016/1065): at the sale of a single-purpose voucher, at the redemption of a multi-purpose one.
public enum VATKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Country and rate of what it buys are known when it is issued.
    case singlePurpose = "single-purpose"
    /// They are not.
    case multiPurpose = "multi-purpose"
}

/// The tax on what a single-purpose voucher buys.
public struct VATRate: Codable, Hashable, Sendable {
    /// ISO 3166-1, two letters.
    public var country: String
    /// 2000 is 20 %.
    public var basisPoints: Int

    /// Makes a rate.
    public init(country: String, basisPoints: Int) {
        self.country = country
        self.basisPoints = basisPoints
    }
}

/// How long a voucher can be spent, as it is printed on it.
public struct PrintedValidity: Codable, Hashable, Sendable {
    /// So many months after it was sold.
    public var months: Int
    /// And from then on to the end of that year.
    public var toEndOfYear: Bool

    /// Makes a validity.
    public init(months: Int, toEndOfYear: Bool = false) {
        self.months = months
        self.toEndOfYear = toEndOfYear
    }
}

/// Amounts from one to another, both included, in minor units.
public struct AmountRange: Codable, Hashable, Sendable {
    /// The smallest.
    public var from: Int64
    /// The largest.
    public var to: Int64

    /// Makes a range.
    public init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }

    /// Whether an amount is within.
    public func contains(_ amount: Int64) -> Bool { from <= amount && amount <= to }
}

/// What a programme promises; a voucher keeps the terms that it was issued under.
public struct ProgrammeTerms: Codable, Hashable, Sendable {
    /// ISO 4217: EUR or HUF.
    public var currency: String
    /// The values that are sold, in minor units, rising; none if only open amounts are.
    public var denominations: [Int64]
    /// Any value between two; not if absent.
    public var openAmounts: AmountRange?
    /// When value-added tax is due.
    public var vat: VATKind
    /// Of a single-purpose voucher.
    public var vatRate: VATRate?
    /// For ever if absent.
    public var validity: PrintedValidity?
    /// The only cities that take its vouchers; all that acceptance allows if absent.
    public var acceptedIn: [UUID]?
    /// Whether its holder may have money for it; for what was given away only if `giftsRedeemableForCash` says so as well.
    public var redeemableForCash: Bool
    /// Whether there is money also for what a city or an employer gave away (birth grant, school start, employee benefit); not if
    /// absent.
    public var giftsRedeemableForCash: Bool?

    /// Makes terms.
    public init(
        currency: String, denominations: [Int64] = [], openAmounts: AmountRange? = nil, vat: VATKind = .multiPurpose,
        vatRate: VATRate? = nil, validity: PrintedValidity? = nil, acceptedIn: [UUID]? = nil,
        redeemableForCash: Bool = false, giftsRedeemableForCash: Bool? = nil
    ) {
        self.currency = currency
        self.denominations = denominations
        self.openAmounts = openAmounts
        self.vat = vat
        self.vatRate = vatRate
        self.validity = validity
        self.acceptedIn = acceptedIn
        self.redeemableForCash = redeemableForCash
        self.giftsRedeemableForCash = giftsRedeemableForCash
    }

    /// Whether a voucher of this value is sold.
    public func offers(_ value: Money) -> Bool {
        value.currency == currency
            && (denominations.contains(value.amount) || openAmounts?.contains(value.amount) ?? false)
    }
}
