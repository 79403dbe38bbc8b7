import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Something that is fixed by country: one row, with an id and a version.
protocol Policy: Hashable, Sendable {
    /// What there is one of.
    associatedtype Key: Hashable, Sendable

    var key: Key { get }
    var policyId: UUID { get set }
    var version: Int64 { get set }
}

extension FeeVATRate: Policy {
    /// A country, from a day on.
    struct Key: Hashable, Sendable {
        var country: String
        var firstDay: Day
    }

    var key: Key { Key(country: country, firstDay: firstDay) }
}

extension ExpiryRule: Policy {
    var key: String { country }
}

extension BenefitCap: Policy {
    /// A country, from a year on.
    struct Key: Hashable, Sendable {
        var country: String
        var fromYear: Int
    }

    var key: Key { Key(country: country, fromYear: fromYear) }
}

extension LimitedNetworkLimit: Policy {
    var key: String { country }
}

/// Why a policy is not set.
enum PolicyRefusal: Hashable, Sendable {
    /// A settlement that is closed, or being closed, has used a rate up to that day.
    case rateSettled(before: Day)
    case yearPast(present: Int)

    var problem: Problem {
        switch self {
        case .rateSettled(let day):
            Problem(
                "rate-settled", "A closed settlement has used the rate of that day.",
                fields: ["firstDay": "must be \(day) or later"])
        case .yearPast(let year):
            Problem(
                "year-past", "What held in a past year stays as it was.",
                fields: ["fromYear": "must be \(year) or later"])
        }
    }
}

/// What becomes of a command that sets a policy.
enum PolicyDecision<Wanted: Policy>: Hashable, Sendable {
    /// It is so now: answer, and tell.
    case set(Wanted)
    /// It was so before: answer, and tell nobody.
    case same(Wanted)
    /// Answer with the problem.
    case refused(PolicyRefusal)
}

/// Decides a batch of policies of one kind, one after the other.
///
/// Load it with those of the countries that the batch names, under their lock.
struct Policies<Kind: Policy>: Sendable {
    private var known: [Kind.Key: Kind]
    private var changed: [Kind.Key] = []

    init(_ known: [Kind]) {
        self.known = Dictionary(known.map { ($0.key, $0) }) { first, _ in first }
    }

    /// Decides one; a new one has the id and the version that it brings.
    ///
    /// - Parameter refusal: Why it may not be changed, which what is so already need not mind.
    mutating func set(_ wanted: Kind, unless refusal: PolicyRefusal? = nil) -> PolicyDecision<Kind> {
        var next = wanted
        if let present = known[wanted.key] {
            (next.policyId, next.version) = (present.policyId, present.version)
            if next == present { return .same(present) }
            next.version += 1
        }
        if let refusal { return .refused(refusal) }
        known[next.key] = next
        if !changed.contains(next.key) { changed.append(next.key) }
        return .set(next)
    }

    /// What is to be written.
    var changes: [Kind] { changed.compactMap { known[$0] } }
}

extension SetFeeVATRate {
    /// As it stands when nobody has set one for that day before.
    func rate(_ id: UUID) -> FeeVATRate {
        FeeVATRate(policyId: id, country: country, firstDay: firstDay, basisPoints: basisPoints, version: 1)
    }

    /// Why it may not be set, by the ends of the last settlements that have used rates of countries.
    func refusal(settled: [String: Day]) -> PolicyRefusal? {
        guard let end = settled[country], firstDay < end else { return nil }
        return .rateSettled(before: end)
    }
}

extension SetExpiryPolicy {
    /// As it stands where there was none before.
    func rule(_ id: UUID) -> ExpiryRule {
        ExpiryRule(
            policyId: id, country: country, validityMonthsMin: validityMonthsMin, validityRequired: validityRequired,
            limitation: limitation, version: 1)
    }
}

extension SetBenefitCap {
    /// As it stands when nobody has set one for that year before.
    func entry(_ id: UUID) -> BenefitCap {
        BenefitCap(policyId: id, country: country, fromYear: fromYear, cap: cap, version: 1)
    }

    /// Why it may not be set on a day.
    func refusal(on day: Day) -> PolicyRefusal? {
        let year = Int(day.date.components.year)
        return fromYear < year ? .yearPast(present: year) : nil
    }
}

extension SetLimitedNetwork {
    /// As it stands where there was none before.
    func entry(_ id: UUID) -> LimitedNetworkLimit {
        LimitedNetworkLimit(policyId: id, country: country, limit: limit, warnPercent: warnPercent, version: 1)
    }
}
