import Contracts
import FoundationEssentials

/// What the story does about settlements on a day.
///
/// A run begins where the one before ended, only one is open, and one is closed for ever, a quarter of an hour after its last day
/// at the earliest. So each telling closes the run of an earlier day, and prepares one up to and with today, which stays open.
enum SettlementPlan {
    /// How long after its end vouchers closes a period at the earliest.
    static let graceMilliseconds: Int64 = 15 * 60 * 1_000
    /// What the ids of all runs of the story begin with; nobody else's do.
    private static let prefix = "6b1c1d0e-5d0a-4a7e-"

    /// An id for a new run of the story.
    static func newRunId() -> UUID {
        let own = UUID()
        return UUID(text: prefix + own.text.dropFirst(prefix.count)) ?? own
    }

    /// Whether a run is the story's.
    static func isOwn(_ run: SettlementRun) -> Bool { run.runId.text.hasPrefix(prefix) }

    /// Whether a run is the story's, and waits to be closed, or for the end of that.
    static func isToBeClosed(_ run: SettlementRun, at now: Timestamp) -> Bool {
        guard isOwn(run), run.state != .closed, let until = run.period.until else { return false }
        return until <= Day(of: Timestamp(milliseconds: now.milliseconds - graceMilliseconds))
    }

    /// The run that is prepared now; none after somebody else's, and none that would have no day.
    ///
    /// - Parameter latest: The run with the latest days, if there is one.
    static func next(after latest: SettlementRun?, at now: Timestamp) -> PrepareSettlement? {
        let tomorrow = Day(of: now).advanced(by: 1)
        guard let latest else {
            return PrepareSettlement(runId: newRunId(), period: Period(from: Cast.firstDay, until: tomorrow))
        }
        guard isOwn(latest), let until = latest.period.until else { return nil }
        switch latest.state {
        case .preparing, .prepared: return PrepareSettlement(runId: latest.runId, period: latest.period)
        case .closing, .booking: return nil
        case .closed:
            guard until < tomorrow else { return nil }
            return PrepareSettlement(runId: newRunId(), period: Period(from: until, until: tomorrow))
        }
    }
}
