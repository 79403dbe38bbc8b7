import FoundationEssentials
import Postgres

/// Pauses intake for so many seconds; a pause that lasts longer stands.
struct WritePause: Statement {
    static let sql = """
        INSERT INTO intake_pause AS pause (until, actor, reason) VALUES (now() + make_interval(secs => $1), $2, $3)
        ON CONFLICT (only_row) DO UPDATE SET until = excluded.until, actor = excluded.actor, reason = excluded.reason,
            at = excluded.at
        WHERE pause.until < excluded.until
        """
    var seconds: Double
    var actor: String
    var reason: String?

    func bind(_ parameters: inout Parameters) {
        parameters.add(seconds)
        parameters.add(actor)
        parameters.add(reason)
    }
}

/// Ends a pause.
struct EndPause: Statement {
    static let sql = "DELETE FROM intake_pause"

    func bind(_ parameters: inout Parameters) {}
}

/// Reads until when intake is paused; no row while it is not.
struct ReadPause: Statement {
    struct Row: Sendable {
        var until: Date
        var secondsLeft: Double
    }

    static let sql = """
        SELECT until, extract(epoch FROM until - clock_timestamp())::double precision FROM intake_pause
        WHERE until > clock_timestamp()
        """

    func bind(_ parameters: inout Parameters) {}

    static func row(_ columns: inout Columns) throws -> Row {
        Row(until: try columns.next(), secondsLeft: try columns.next())
    }
}
