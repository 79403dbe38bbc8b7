import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Keeps the figures of each day, from which reports are made, as the journal grows.
///
/// Each part of the work takes a piece of the journal, adds it up and notes how far it came, in one transaction: after a crash
/// it goes on where it was. A piece ends before the oldest transaction that is under way, so that none is passed over. What
/// is posted into the past nevertheless, by a restore or a clock that was put back, shows in the count of its day: days are counted
/// again in turn, and what differs is summed up anew. While the copy of the merchants is not whole nothing is summed up.
struct KeepDailyFigures: BackgroundJob {
    static let name = "keep-daily-figures"
    static let isWokenByCommits = false
    /// How far behind the clock the figures stay while nothing happens, before that is noted.
    private static let quietSeconds = 60.0

    /// How long a session may take to show when its transaction began.
    var settling = Duration.seconds(5)
    /// About how many lines of the journal are taken at once: a third of a second's work.
    var linesMax = 20_000
    /// How long after it was counted a day is counted again.
    var recountAfter = Duration.seconds(3_600)

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        // Locked, then read: what is read in the locking statement is the state before it.
        let (turns, merchants, states) = try await transaction.execute(
            TakeTurn(), HoldMerchants(), ReadProgress(settlingSeconds: settling / .seconds(1)))
        guard turns.first == true, merchants.first != false, let state = states.first else { return false }
        let pieces = try await transaction.execute(
            FindJournalPiece(from: state.postedUntil, until: state.settledUntil, linesMax: Int64(linesMax)))
        if let piece = pieces.first {
            try await take(piece, in: &transaction)
            return piece.until < state.settledUntil
        }
        if state.settledUntil.timeIntervalSince(state.postedUntil) > Self.quietSeconds {
            transaction.write(WriteProgress(postedUntil: state.settledUntil))
        }
        // Where one day differs, others may.
        return try await recount(state, in: &transaction)
    }

    /// Adds a piece of the journal to the figures of its day.
    private func take(_ piece: FindJournalPiece.Row, in transaction: inout MessageTransaction) async throws {
        let movements = try await sum(from: piece.from, until: piece.until, in: &transaction)
        add(movements, lines: movements.lines, to: Day(of: Timestamp(piece.from)).date, in: &transaction)
        transaction.write(WriteProgress(postedUntil: piece.until))
    }

    private func sum(
        from: Date, until: Date, in transaction: inout MessageTransaction
    ) async throws -> DayMovements {
        let (owed, spent, booked) = try await transaction.execute(
            SumMovements(from: from, until: until), SumFlows(from: from, until: until),
            SumBookings(from: from, until: until))
        return DayMovements(owed: owed, spent: spent, booked: booked)
    }

    private func add(
        _ movements: DayMovements, lines: Int64, to day: CalendarDate, in transaction: inout MessageTransaction
    ) {
        if !movements.owed.isEmpty {
            transaction.write(WriteMovements(day: day, movements: movements.owed))
            transaction.write(WriteLaterBalances(day: day, movements: movements.owed))
        }
        if !movements.spent.isEmpty { transaction.write(WriteFlows(day: day, movements: movements.spent)) }
        if !movements.booked.isEmpty { transaction.write(WriteBookings(day: day, bookings: movements.booked)) }
        transaction.write(WriteCountedDay(day: day, postings: lines))
        transaction.write(WriteQuietDays())
    }

    /// Counts the lines of one day again, and corrects its figures if other lines are in them; returns whether it did.
    private func recount(
        _ state: ReadProgress.Row, in transaction: inout MessageTransaction
    ) async throws -> Bool {
        let due = try await transaction.execute(FindDayToRecount(afterSeconds: recountAfter / .seconds(1)))
        guard let due = due.first else { return false }
        let from = Timestamp(milliseconds: Int64(Day(due.day).number) * 86_400_000).date
        let until = min(from.addingTimeInterval(86_400), state.postedUntil)
        let counts: [Int64] = try await transaction.execute(CountPostings(from: from, until: until))
        guard counts.first != due.postings || counts.first != due.booked else {
            transaction.write(WriteCountedDay(day: due.day, postings: 0))
            return false
        }
        let journal = try await sum(from: from, until: until, in: &transaction)
        let (owed, spent, booked) = try await transaction.execute(
            ReadMovements(day: due.day), ReadFlows(day: due.day), ReadBookings(day: due.day))
        add(
            journal.correcting(DayMovements(owed: owed, spent: spent, booked: booked)),
            lines: journal.lines - due.postings, to: due.day, in: &transaction)
        return true
    }
}
