import Contracts
import FoundationEssentials
import Messaging
import Postgres
import Synchronization

/// Who is locked out, as this instance knows it: asked before a code is looked up, which costs no statement.
///
/// The table says what is true. This board follows it: at once where this instance has counted, within a second where another
/// one has. A wrong code is always counted in the table, under its rows' locks, so that one till at two instances has no more
/// tries than at one.
final class Throttle: Sendable {
    let rules: ThrottleRules
    private let board: Mutex<WrongCodes>

    init(_ rules: ThrottleRules = ThrottleRules()) {
        self.rules = rules
        board = Mutex(WrongCodes([], rules: rules))
    }

    /// Who has tried wrong codes lately.
    var known: WrongCodes { board.withLock { $0 } }

    /// Takes what was counted here.
    func take(_ rows: [ThrottleRow]) { board.withLock { $0.take(rows) } }

    /// Takes what the table says.
    func follow(_ rows: [ThrottleRow]) { board.withLock { $0 = WrongCodes(rows, rules: rules) } }

    /// Counts a wrong code that was asked about in a query; returns the lockout of whom another instance has locked out.
    func count(_ trier: Trier, at now: Timestamp, in database: Pool) async throws -> Lockout? {
        let (rules, lock) = (rules, LockThrottle(keys: trier.keys.sorted(), now: now.date))
        let (lockout, rows): (Lockout?, [ThrottleRow]) = try await database.withTransaction { transaction in
            let locked = try await transaction.execute(lock)
            let now = locked.countedAt(notBefore: now.date)
            var wrong = WrongCodes(locked.map(\.row), rules: rules)
            if let lockout = wrong.lockout(of: trier, at: now) { return (lockout, []) }
            wrong.count(trier, at: now)
            transaction.write(WriteThrottle(rows: wrong.changes))
            return (nil, wrong.changes)
        }
        take(rows)
        return lockout
    }
}

extension MessageTransaction {
    /// Locks and reads what is counted of these triers; returns it with the time at which more is counted.
    mutating func wrongCodes(
        of triers: some Sequence<Trier>, rules: ThrottleRules, at now: Date
    ) async throws -> (wrong: WrongCodes, now: Timestamp) {
        let keys = Set(triers.flatMap(\.keys)).sorted()
        let locked = try await execute(LockThrottle(keys: keys, now: now))
        return (WrongCodes(locked.map(\.row), rules: rules), locked.countedAt(notBefore: now))
    }

    /// Writes what was counted, and puts it on the board.
    mutating func write(_ wrong: WrongCodes, on throttle: Throttle) {
        let changes = wrong.changes
        guard !changes.isEmpty else { return }
        write(WriteThrottle(rows: changes))
        throttle.take(changes)
    }
}

/// Follows the table of the throttle each second, and says the lockouts that were not said yet.
struct WatchThrottle: BackgroundJob {
    static let name = "watch-throttle"
    static let isWokenByCommits = false

    let throttle: Throttle

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let (untold, rows) = try await transaction.execute(TakeUntoldLockouts(), ReadThrottle())
        for case let lockout? in untold { transaction.publish(LockedOut(lockout)) }
        throttle.follow(rows)
        return false
    }
}
