import Contracts
import FoundationEssentials

/// A figure and what is said about it: where all of it is the same, nothing is revised.
struct IndicatorFigure: Hashable, Sendable {
    var value: DecimalNumber
    var unit: String
    var source: String
    var status: IndicatorStatus
}

/// A version of a value, as its row says.
struct IndicatorRevision: Hashable, Sendable {
    var key: IndicatorKey
    var version: Int64
    var figure: IndicatorFigure
    var setAt: Date
    var setBy: String?
    var reason: String?

    /// What everybody is told.
    var event: IndicatorSet {
        IndicatorSet(
            cityId: key.cityId, indicator: key.indicator, period: key.period, value: figure.value, unit: figure.unit,
            source: figure.source, status: figure.status, version: version)
    }
}

/// The present version of a value.
struct PresentIndicator: Hashable, Sendable {
    var key: IndicatorKey
    var version: Int64
    var figure: IndicatorFigure
}

/// Why values are not set.
enum IndicatorRefusalReason: Hashable, Sendable {
    case cityUnknown
    /// The present versions, by the field that expects another.
    case versionDiffers([String: Int64])
    /// The fields that would revise a final value.
    case reasonMissing([String])

    var problem: Problem {
        switch self {
        case .cityUnknown: RegistryRefusalReason.cityUnknown.problem
        case .versionDiffers(let versions):
            Problem(
                "version-differs", "Another version stands there now.",
                fields: versions.mapValues { String($0) })
        case .reasonMissing(let fields):
            Problem(
                "reason-missing", "A final value may be revised only with a reason.",
                fields: Dictionary(fields.map { ($0, "is final") }) { first, _ in first })
        }
    }
}

/// Decides a batch of commands that set values, one after the other; load it with the cities that are known and the present
/// versions of the values that the batch names.
struct IndicatorRevisions: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// Answer, and tell of each revision; there may be none.
        case set([IndicatorRevision], unchanged: Int)
        /// Answer with the reason's problem; nothing was set.
        case refused(IndicatorRefusalReason)
    }

    private let cities: Set<UUID>
    private var present: [IndicatorKey: PresentIndicator]
    /// What is new, in the order in which it was decided.
    private(set) var revisions: [IndicatorRevision] = []

    init(cities: some Sequence<UUID>, present: [PresentIndicator]) {
        self.cities = Set(cities)
        self.present = Dictionary(present.map { ($0.key, $0) }) { first, _ in first }
    }

    /// Decides one command of `user`.
    mutating func set(_ command: SetIndicator, by user: String?, at now: Date) -> Decision {
        guard cities.contains(command.cityId) else { return .refused(.cityUnknown) }
        if let reason = refusal(of: command) { return .refused(reason) }
        let changed = command.values.filter { present[$0.key(in: command.cityId)]?.figure != $0.figure }
        let new = changed.map { value in
            let key = value.key(in: command.cityId)
            return IndicatorRevision(
                key: key, version: (present[key]?.version ?? 0) + 1, figure: value.figure, setAt: now, setBy: user,
                reason: command.reason)
        }
        for revision in new {
            present[revision.key] = PresentIndicator(
                key: revision.key, version: revision.version, figure: revision.figure)
        }
        revisions += new
        return .set(new, unchanged: command.values.count - new.count)
    }

    /// What would be lost if a value were set: only where it changes anything.
    private func refusal(of command: SetIndicator) -> IndicatorRefusalReason? {
        var versions: [String: Int64] = [:]
        var finals: [String] = []
        for (index, value) in command.values.enumerated() {
            let present = present[value.key(in: command.cityId)]
            guard present?.figure != value.figure else { continue }
            let version = present?.version ?? 0
            if let expected = value.expectedVersion, expected != version {
                versions["values[\(index)].expectedVersion"] = version
            }
            if present?.figure.status == .final && command.reason == nil { finals.append("values[\(index)]") }
        }
        if !versions.isEmpty { return .versionDiffers(versions) }
        return finals.isEmpty ? nil : .reasonMissing(finals)
    }

    /// The last of the new versions of each value, by key.
    var changes: [IndicatorRevision] {
        Dictionary(revisions.map { ($0.key, $0) }) { _, last in last }.values.sorted { $0.key < $1.key }
    }
}

extension SetIndicator.Value {
    /// Which value is meant.
    func key(in cityId: UUID) -> IndicatorKey {
        IndicatorKey(cityId: cityId, indicator: indicator, period: period)
    }

    /// What it is to be.
    var figure: IndicatorFigure { IndicatorFigure(value: value, unit: unit, source: source, status: status) }
}
