import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Why a programme does not sell a voucher.
enum OfferRefusal: String, CaseIterable, Sendable {
    /// Not there, or another city's.
    case programmeUnknown = "programme-unknown"
    case programmeClosed = "programme-closed"
    case amountNotOffered = "amount-not-offered"

    var problem: Problem {
        switch self {
        case .programmeUnknown: .programmeUnknown
        case .programmeClosed: Problem(rawValue, "The vouchers of this programme are no longer sold.")
        case .amountNotOffered: Problem(rawValue, "This programme has no vouchers of this value.")
        }
    }
}

/// A version of a programme's terms, and what they make of a voucher.
struct Terms: Hashable, Sendable {
    var termsId: UUID
    var programmeId: UUID
    /// Who owes the money.
    var issuerCityId: UUID
    /// 1 and up within its programme.
    var number: Int
    var promise: ProgrammeTerms
    /// Years from the sale after which the money can no longer be claimed; for ever if absent.
    var limitationYears: Int?
    /// Whether those run on to the end of their year.
    var limitationToEndOfYear = false
    /// The last day on which the programme is sold; for ever if absent.
    var soldUntil: Day?

    /// How long the money can be claimed.
    var limitation: Limitation? {
        limitationYears.map { Limitation(years: $0, toEndOfYear: limitationToEndOfYear) }
    }

    /// The last day on which a voucher sold on that day can be spent.
    func validUntil(soldOn day: Day) -> Day? {
        guard let validity = promise.validity else { return nil }
        let end = day.adding(months: validity.months)
        return validity.toEndOfYear ? end.lastOfYear : end
    }

    /// The last day on which the money of a voucher sold on that day can be claimed; never before its printed validity ends.
    func lapsesAfter(soldOn day: Day) -> Day? {
        guard let years = limitationYears else { return nil }
        let anniversary = day.adding(months: 12 * min(max(years, 0), 10_000))
        let end = limitationToEndOfYear ? anniversary.lastOfYear : anniversary
        return max(end, validUntil(soldOn: day) ?? end)
    }

    /// Why a voucher of this value is not sold for a city on a day.
    func refusal(of value: Money, for city: UUID, on day: Day) -> OfferRefusal? {
        if issuerCityId != city { return .programmeUnknown }
        if let soldUntil, soldUntil < day { return .programmeClosed }
        return promise.offers(value) ? nil : .amountNotOffered
    }

    /// Puts a voucher under these terms, sold at that time.
    func apply(to voucher: inout Voucher, soldAt time: Timestamp) {
        let day = Day(of: time)
        voucher.issuedAt = time
        voucher.termsId = termsId
        voucher.validUntil = validUntil(soldOn: day)
        voucher.lapsesAfter = lapsesAfter(soldOn: day)
        voucher.acceptedIn = promise.acceptedIn
    }
}

extension Day {
    /// The same day of the month so many months later, or the last one that there is.
    func adding(months: Int) -> Day {
        let (year, month, day) = date.components
        let count = year * 12 + month - 1 + min(max(months, -120_000), 120_000)
        let first = CalendarDate(year: min(max(count / 12, 1), 9999), month: count % 12 + 1, day: 1)
        for last in stride(from: day, to: 27, by: -1) {
            if let first, let date = CalendarDate(year: first.components.year, month: first.components.month, day: last)
            {
                return Day(date)
            }
        }
        return first.map { Day($0).advanced(by: day - 1) } ?? self
    }

    /// 31 December of its year.
    var lastOfYear: Day {
        CalendarDate(year: date.components.year, month: 12, day: 31).map { Day($0) } ?? self
    }
}
