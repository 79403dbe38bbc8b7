import Contracts
import FoundationEssentials

/// Whose wrong codes are counted together.
struct ThrottleKey: Hashable, Comparable, Sendable {
    var scope: Lockout.Scope
    /// The broker user, the merchant's id, or nothing for everybody.
    var subject: String

    static let everyone = ThrottleKey(scope: .everyone, subject: "")

    static func < (one: ThrottleKey, other: ThrottleKey) -> Bool {
        one.scope == other.scope ? one.subject < other.subject : one.scope.rawValue < other.scope.rawValue
    }
}

/// Who tries a code: a broker user, for a merchant where a till speaks.
struct Trier: Hashable, Sendable {
    /// Nobody where the sender did not say; all those count as one.
    var user: String?
    var merchantId: UUID?

    /// What is counted for them alone.
    var ownKeys: [ThrottleKey] {
        [ThrottleKey(scope: .principal, subject: user ?? "")]
            + (merchantId.map { [ThrottleKey(scope: .merchant, subject: $0.text)] } ?? [])
    }

    /// Everything that one wrong code of theirs counts for.
    var keys: [ThrottleKey] { ownKeys + [.everyone] }
}

/// What is counted of one key.
struct ThrottleRow: Hashable, Sendable {
    var key: ThrottleKey
    /// When the last wrong code is forgotten; the further ahead, the more there were.
    var forgottenAt: Timestamp
    /// The last lockout, which may be over.
    var lockout: Lockout?
    /// Whether that was said.
    var isTold = true

    func isLocked(at now: Timestamp) -> Bool { lockout.map { now < $0.until } ?? false }
}

/// Counts wrong codes, and locks out who tries too many of them: pure decisions over the rows that are loaded.
///
/// A wrong code counts for its share of the window and is then forgotten, so there is no moment at which all begins anew. The
/// one that is too many locks out: it is answered still, the next is not. After a lockout nothing is left of what led to it.
struct WrongCodes: Sendable {
    let rules: ThrottleRules
    private var rows: [ThrottleKey: ThrottleRow]
    private var changed: Set<ThrottleKey> = []

    init(_ rows: [ThrottleRow], rules: ThrottleRules) {
        self.rules = rules
        self.rows = Dictionary(rows.map { ($0.key, $0) }) { first, _ in first }
    }

    /// Why somebody may try no code now.
    ///
    /// When there are too many wrong codes in total, those wait who have tried one lately: many thieves do not stop a till that
    /// types well.
    func lockout(of trier: Trier, at now: Timestamp) -> Lockout? {
        if rows.isEmpty { return nil }
        let own = trier.ownKeys.compactMap { rows[$0] }
        if let locked = own.first(where: { $0.isLocked(at: now) }) { return locked.lockout }
        guard let all = rows[.everyone], all.isLocked(at: now), own.contains(where: { $0.forgottenAt > now }) else {
            return nil
        }
        return all.lockout
    }

    /// Counts one wrong code.
    mutating func count(_ trier: Trier, at now: Timestamp) {
        for key in trier.keys {
            var row = rows[key] ?? ThrottleRow(key: key, forgottenAt: now)
            if row.isLocked(at: now) { continue }
            let share = rules.shareMilliseconds(of: key.scope)
            let forgotten = max(row.forgottenAt, now).milliseconds + share
            row.forgottenAt = Timestamp(milliseconds: forgotten)
            // What has been forgotten of the first while the last was typed does not make room for another.
            if forgotten - now.milliseconds > share * Int64(rules.wrongCodesMax(of: key.scope) - 1) { lock(&row, now) }
            rows[key] = row
            changed.insert(key)
        }
    }

    private func lock(_ row: inout ThrottleRow, _ now: Timestamp) {
        let until = Timestamp(milliseconds: now.milliseconds + rules.lockoutMilliseconds)
        let (scope, subject) = (row.key.scope, row.key.subject)
        row.lockout = Lockout(
            lockoutId: UUID.version7(at: now.date), scope: scope, userId: scope == .principal ? subject : nil,
            merchantId: scope == .merchant ? UUID(text: subject) : nil, wrongCodes: rules.wrongCodesMax(of: scope),
            from: now, until: until)
        row.forgottenAt = until
        row.isTold = false
    }

    /// What is to be written, in the order in which rows are locked.
    var changes: [ThrottleRow] { changed.sorted().compactMap { rows[$0] } }

    /// Takes up rows as they are elsewhere now.
    mutating func take(_ newer: [ThrottleRow]) {
        for row in newer { rows[row.key] = row }
    }
}

extension Lockout {
    /// What somebody hears who is locked out.
    var problem: Problem {
        Problem(
            "too-many-wrong-codes", "Too many wrong codes were tried.",
            detail: "Codes are taken again from \(until) on.",
            retryable: true)
    }
}
