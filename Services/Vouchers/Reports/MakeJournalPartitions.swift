import Messaging
import Postgres

/// Makes the journal's partitions of the months to come.
struct MakeJournalPartitions: BackgroundJob {
    static let name = "make-journal-partitions"
    static let isWokenByCommits = false

    /// How many months beyond this one have a partition: nobody need look after a service that stands still for two years.
    var monthsAhead = 24

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        _ = try await transaction.execute(MakePartitions(monthsAhead: Int32(monthsAhead)))
        return false
    }
}

/// Makes the partitions that are missing, and tells for each month whether it did.
struct MakePartitions: Statement {
    static let sql = """
        SELECT make_journal_partition(
            (date_trunc('month', now() AT TIME ZONE 'UTC') + number * interval '1 month')::date)
        FROM generate_series(0, $1::integer) AS number
        """
    var monthsAhead: Int32

    func bind(_ parameters: inout Parameters) {
        parameters.add(monthsAhead)
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}
