import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Counts what was issued, day by day, and says when the sum of twelve months comes near to what must be notified.
///
/// The days are counted anew from the one before the last on, because what began before midnight may be booked after it.
struct WatchLimitedNetwork: BackgroundJob {
    static let name = "watch-limited-network"
    static let isWokenByCommits = false
    /// The days of one part.
    static let daysMax = 31
    /// How old the count of today may be.
    static let ageMaxSeconds = 300.0

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let today = Day(of: Timestamp(transaction.now))
        let taken = try await transaction.execute(
            TakeIssuedCount(today: today, ageMaxSeconds: Self.ageMaxSeconds))
        guard let last = taken.first else { return false }
        let through = min(today, last.advanced(by: Self.daysMax))
        transaction.write(CountIssued(from: last.advanced(by: -1), through: through))
        transaction.write(NoteIssuedCount(day: through))
        guard through == today else { return true }
        let (sums, limits, levels) = try await transaction.execute(
            SumIssued(after: today.adding(months: -12)), ReadNetworkLimits(), ReadNetworkLevels())
        let noted = Dictionary(levels.map { ($0.scope, $0.level) }) { first, _ in first }
        let networks = LimitedNetworks(sums, limits: limits)
        for line in networks.warnings(since: noted) { transaction.publish(LimitedNetworkWarned(line, on: today)) }
        let changes = networks.changes(since: noted)
        if !changes.isEmpty { transaction.write(WriteNetworkLevels(levels: changes)) }
        return false
    }
}

/// Tells what was issued within twelve months, against the limits: `vouchers.get-limited-network.v1`.
struct TellLimitedNetwork: QueryHandler {
    static let access: AccessRule<GetLimitedNetwork> = .editors { $0.issuerCityId }
    /// The most lines in an answer.
    static let linesMax = 500

    func answer(
        _ query: GetLimitedNetwork, from asker: Asker, reading database: Pool
    ) async throws -> GetLimitedNetwork.Reply {
        guard let day = try await database.execute(ReadIssuedCount()).first else {
            throw Problem("unavailable", "Nothing is counted yet.", retryable: true)
        }
        let (sums, limits) = try await database.execute(
            SumIssued(after: day.adding(months: -12), issuerCityId: query.issuerCityId), ReadNetworkLimits())
        // The sum of a country is another's as well.
        let lines = LimitedNetworks(sums, limits: limits).lines
            .filter { query.issuerCityId == nil || $0.issuerCityId != nil }
        return GetLimitedNetwork.Reply(day: day, lines: Array(lines.prefix(Self.linesMax)))
    }
}

extension VouchersDefinition {
    /// What the supervisors of payments want to know.
    static func addLimitedNetwork(_ handlers: inout HandlerSet<VouchersService>) {
        handlers.add(job: WatchLimitedNetwork())
        handlers.add(TellLimitedNetwork())
    }
}
