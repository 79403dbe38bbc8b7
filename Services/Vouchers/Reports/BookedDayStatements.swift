import FoundationEssentials
import Postgres

/// Sums what a piece of the journal booked into which accounts, and by how many lines.
struct SumBookings: Statement {
    static let sql = """
        SELECT cause, account, currency, sum(amount)::bigint, count(*) FROM posting
        WHERE posted_at >= $1 AND posted_at < $2 GROUP BY cause, account, currency
        """
    var from: Date
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
    }

    static func row(_ columns: inout Columns) throws -> Movement<BookingKey> {
        try columns.booking()
    }
}

/// Reads what was booked on a day, as it is kept.
struct ReadBookings: Statement {
    static let sql = "SELECT cause, account, currency, amount, lines FROM booked_day WHERE day = $1"
    var day: CalendarDate

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
    }

    static func row(_ columns: inout Columns) throws -> Movement<BookingKey> {
        try columns.booking()
    }
}

extension Columns {
    fileprivate mutating func booking() throws -> Movement<BookingKey> {
        let key = BookingKey(cause: try next(), account: try next(), currency: try next())
        return Movement(key: key, amounts: [try next(), try next()])
    }
}

/// Adds to what was booked on a day.
struct WriteBookings: Statement {
    static let sql = """
        INSERT INTO booked_day (day, cause, account, currency, amount, lines)
        SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
        ON CONFLICT (day, cause, account, currency) DO UPDATE SET
            amount = booked_day.amount + excluded.amount, lines = booked_day.lines + excluded.lines
        """
    var day: CalendarDate
    var bookings: [Movement<BookingKey>]

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
        parameters.add(bookings.map(\.key.cause))
        parameters.add(bookings.map(\.key.account))
        parameters.add(bookings.map(\.key.currency))
        for place in 0..<2 { parameters.add(bookings.map { $0.amounts[place] }) }
    }
}
