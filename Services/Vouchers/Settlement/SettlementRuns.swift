import Contracts
import FoundationEssentials

/// Why a run is not prepared or closed.
enum SettlementRefusalReason: String, CaseIterable, Sendable {
    case unknown = "settlement-unknown"
    case differs = "settlement-differs"
    case closed = "settlement-closed"
    case open = "settlement-open"
    case periodGap = "period-gap"
    case notPrepared = "settlement-not-prepared"
    case periodNotOver = "period-not-over"
    case obstructed = "settlement-obstructed"
    case executionPast = "execution-past"

    var problem: Problem {
        switch self {
        case .unknown: Problem(rawValue, "There is no such settlement.")
        case .differs: Problem(rawValue, "This settlement was asked for with other content.")
        case .closed: Problem(rawValue, "This settlement is closed and never changes.")
        case .open: Problem(rawValue, "Another settlement is not closed yet.")
        case .periodGap: Problem(rawValue, "The period must begin where the last settlement's ended.")
        case .notPrepared: Problem(rawValue, "The settlement is being prepared.", retryable: true)
        case .periodNotOver: Problem(rawValue, "The period is not over yet.", retryable: true)
        case .obstructed: Problem(rawValue, "Something is missing: get-settlement says what.", retryable: true)
        case .executionPast: Problem(rawValue, "Banks cannot pay in the past.")
        }
    }
}

/// Decides what becomes of runs.
///
/// Load it with the runs that the batch names, those that are not closed, and the last that is.
struct SettlementRuns: Sendable {
    /// How long after its end a period is over.
    ///
    /// A redemption bears the time at which its transaction began; the sessions' time-outs end each within a minute.
    static let graceSeconds: Int64 = 15 * 60

    private var runs: [UUID: SettlementRun]
    private(set) var changed: Set<UUID> = []
    private(set) var added: Set<UUID> = []

    init(_ runs: [SettlementRun]) {
        self.runs = Dictionary(runs.map { ($0.runId, $0) }) { first, _ in first }
    }

    subscript(id: UUID) -> SettlementRun? { runs[id] }

    /// Makes a run, or sends one that is not closed to take in what is new.
    mutating func prepare(_ command: PrepareSettlement) -> Result<SettlementRun, Refused> {
        if var run = runs[command.runId] {
            guard run.period == command.period else { return .failure(Refused(.differs)) }
            switch run.state {
            case .preparing: return .success(run)
            case .closing, .booking, .closed: return .failure(Refused(.closed))
            case .prepared: run.state = .preparing
            }
            runs[run.runId] = run
            changed.insert(run.runId)
            return .success(run)
        }
        if runs.values.contains(where: { $0.state != .closed }) { return .failure(Refused(.open)) }
        if let last = runs.values.compactMap(\.period.until).max(), last != command.period.from {
            return .failure(Refused(.periodGap))
        }
        let run = SettlementRun(runId: command.runId, period: command.period, state: .preparing)
        runs[run.runId] = run
        added.insert(run.runId)
        return .success(run)
    }

    /// Sends a prepared run to be closed; `obstacles` are those of the run as it was prepared.
    mutating func close(
        _ command: CloseSettlement, obstacles: [SettlementObstacle], at now: Timestamp
    ) -> Result<SettlementRun, Refused> {
        guard var run = runs[command.runId] else { return .failure(Refused(.unknown)) }
        switch run.state {
        case .preparing: return .failure(Refused(.notPrepared))
        case .closing, .booking, .closed:
            return run.executeOn == command.executeOn ? .success(run) : .failure(Refused(.differs))
        case .prepared: break
        }
        guard let until = run.period.until, until.start.milliseconds + 1_000 * Self.graceSeconds <= now.milliseconds
        else { return .failure(Refused(.periodNotOver)) }
        guard command.executeOn >= Day(of: now) else { return .failure(Refused(.executionPast)) }
        guard obstacles.isEmpty else { return .failure(Refused(.obstructed)) }
        run.state = .closing
        run.executeOn = command.executeOn
        runs[run.runId] = run
        changed.insert(run.runId)
        return .success(run)
    }

    /// A refusal with its reason.
    struct Refused: Error, Equatable {
        let reason: SettlementRefusalReason

        init(_ reason: SettlementRefusalReason) {
            self.reason = reason
        }
    }
}

extension Day {
    /// Its first moment.
    var start: Timestamp { Timestamp(milliseconds: Int64(number) * 86_400_000) }
}
