import AMQP
import ArgumentParser
import Contracts
import Postgres

/// Rows of the outbox to confirmed and deleted.
struct BenchOutbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "How many rows of the outbox a second are sent, confirmed and deleted.",
        discussion: """
            The rows are written into vouchers' database while it is stopped, as an instance leaves them that was killed; \
            VOUCHERS_DATABASE_URL has to be set. The clock starts with the first event and stops when the table is empty.

            Examples:
              citycoop bench outbox
              citycoop bench outbox --count 200000 --json
            """)

    @Option(help: "Rows.")
    var count = 50_000

    @OptionGroup var options: BenchOptions
    @OptionGroup var processes: BenchProcessOptions

    func validate() throws {
        try validateCount(count, max: 10_000_000)
    }

    func run() async throws {
        try await reporting {
            let run = try processes.run(options)
            let database = try DatabaseAddress(url: run.surroundings.require("VOUCHERS_DATABASE_URL")[0])
            let result = try await run.with { session, stage, stillness in
                let reading = try await stillness.during(stage) {
                    let outbox = try await BenchTable(database)
                    try await Progress.during("writing \(count) rows") { try await outbox.fill(count) }
                    let clock = ContinuousClock()
                    let reading = try await stillness.measure(count: count, within: run.limit)
                    // All are confirmed; the last ones are being deleted.
                    let end = clock.now
                    try await outbox.waitUntilEmpty(within: run.limit)
                    return QueueClock.Reading(count: reading.count, duration: reading.duration + (clock.now - end))
                }
                return BenchResult("outbox", count: reading.count, seconds: reading.duration.inSeconds)
            }
            result.show(json: options.json)
        }
    }
}

/// The outbox of vouchers.
struct BenchTable: Sendable {
    private static let rowsAtOnce = 10_000
    private static let pause = Duration.milliseconds(5)

    private let connection: Connection

    init(_ address: DatabaseAddress) async throws {
        connection = try await Connection.connect(to: address, name: "citycoop bench")
    }

    /// Writes rows that belong to no instance.
    func fill(_ count: Int) async throws {
        var left = count
        while left > 0 {
            _ = try await connection.execute(FillOutbox(count: Int64(min(left, Self.rowsAtOnce))))
            left -= Self.rowsAtOnce
        }
    }

    /// Returns when there is no row left.
    func waitUntilEmpty(within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while try await connection.execute(HasOutboxRows()).first == true {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(.deadline, "There are still rows in the outbox.")
            }
            try await Task.sleep(for: Self.pause)
        }
        await connection.close()
    }
}

/// Writes events about vouchers that nobody is told of.
struct FillOutbox: Statement {
    /// 0: no instance has ever had this number.
    static let sql = """
        INSERT INTO outbox (message_id, owner, in_memory, exchange, type, body, is_sealed)
        SELECT gen_random_uuid(), 0, true, 2, 'vouchers.redeemed.v1',
            convert_to(format(
                '{"redemptionId":"%s","voucherId":"%s","issuerCityId":"%s","merchantId":"%s","cityId":"%s",'
                '"amount":{"amount":1,"currency":"EUR"},"balance":{"amount":1,"currency":"EUR"},'
                '"redeemedAt":"2026-01-01T00:00:00.000Z"}', id, id, id, id, id), 'UTF8'), false
        FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::bigint)) AS new
        """

    let count: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(count)
    }
}

/// Looks whether anything is left in the outbox.
struct HasOutboxRows: Statement {
    static let sql = "SELECT EXISTS (SELECT 1 FROM outbox)"

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}
