import FoundationEssentials
import Postgres

// What employees were given, by the opaque id that their employer chose; where that is a person's id of the suite, it is given
// out and erased with the rest of what is known of them.

/// When the books need a benefit no longer: like a voucher of its year.
private enum BenefitRetention {
    static let until = "make_timestamptz(year + 8, 1, 1, 0, 0, 0, 'UTC')"
}

/// Reads what a person was given as an employee, by year.
struct ReadBenefitsOfPerson: Statement {
    static let sql =
        "SELECT year, currency, amount FROM employee_benefit WHERE employee_id = $1 ORDER BY year, currency"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        [
            "year": "\(try columns.next(Int32.self))", "currency": try columns.next(String.self),
            "amount": "\(try columns.next(Int64.self))",
        ]
    }
}

/// Removes what a person was given in years that the books need no longer; returns a row for each.
struct ForgetBenefits: Statement {
    static let sql = """
        DELETE FROM employee_benefit WHERE employee_id = $1 AND \(BenefitRetention.until) <= now() RETURNING 1::integer
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Counts the benefits of a person that are kept, and reads until when the last of them is.
struct CountKeptBenefits: Statement {
    static let sql = "SELECT count(*), max(\(BenefitRetention.until)) FROM employee_benefit WHERE employee_id = $1"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> CountKeptVouchers.Row {
        CountKeptVouchers.Row(count: try columns.next(), until: try columns.next())
    }
}
