import Contracts
import FoundationEssentials

/// What is set for a pair of cities, as its rows say.
struct PairAcceptance: Hashable, Sendable {
    var pair: CityPair
    /// By day, no two on the same day, no two alike that touch.
    var edges: [AcceptanceEdge] = []
    /// 0 where nothing was ever set.
    var version: Int64 = 0

    /// What the asker is answered.
    var reply: SetAcceptance.Reply { SetAcceptance.Reply(edges: edges, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: AcceptanceChanged { AcceptanceChanged(pair, edges: edges, version: version) }

    /// The edges after a decision took the place of whatever was set for those days.
    func setting(_ decision: SetAcceptance.Decision, for period: Period) -> [AcceptanceEdge] {
        var cut = edges.flatMap { edge -> [AcceptanceEdge] in
            let before = Period(from: edge.period.from, until: earlier(edge.period.until, period.from))
            let after = period.until.map { Period(from: max(edge.period.from, $0), until: edge.period.until) }
            return [before, after].compactMap { $0 }.filter { !$0.isEmpty }
                .map { AcceptanceEdge(period: $0, allows: edge.allows) }
        }
        if decision != .rule { cut.append(AcceptanceEdge(period: period, allows: decision == .allow)) }
        return joined(cut.sorted { $0.period.from < $1.period.from })
    }

    /// The earlier of two ends, the first of which may be open.
    private func earlier(_ end: Day?, _ other: Day) -> Day {
        end.map { min($0, other) } ?? other
    }

    private func joined(_ edges: [AcceptanceEdge]) -> [AcceptanceEdge] {
        var joined: [AcceptanceEdge] = []
        for edge in edges {
            if let last = joined.last, last.allows == edge.allows, last.period.until == edge.period.from {
                joined[joined.count - 1].period.until = edge.period.until
            } else {
                joined.append(edge)
            }
        }
        return joined
    }
}

/// Decides a batch of settings, one after the other; load it with the cities that are known, and what is set for its pairs.
struct Acceptances: Sendable {
    private let cities: Set<UUID>
    private var pairs: [CityPair: PairAcceptance]
    private var changed: Set<CityPair> = []

    init(cities: some Sequence<UUID>, known: [PairAcceptance]) {
        self.cities = Set(cities)
        pairs = Dictionary(known.map { ($0.pair, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func set(_ command: SetAcceptance) -> Change<PairAcceptance> {
        guard cities.isSuperset(of: [command.issuerCityId, command.acceptingCityId]) else {
            return .refused(RegistryRefusalReason.cityUnknown.problem)
        }
        let known = pairs[command.pair] ?? PairAcceptance(pair: command.pair)
        let edges = known.setting(command.decision, for: command.period)
        if edges == known.edges && [known.version, known.version - 1].contains(command.expectedVersion) {
            return .repeated(known)
        }
        guard known.version == command.expectedVersion else { return .refused(.versionDiffers(known.version)) }
        guard edges.count <= SetAcceptance.edgesMax else {
            return .refused(Problem("acceptance-full", "A pair has at most \(SetAcceptance.edgesMax) edges."))
        }
        let acceptance = PairAcceptance(pair: command.pair, edges: edges, version: known.version + 1)
        pairs[command.pair] = acceptance
        changed.insert(command.pair)
        return .changed(acceptance)
    }

    /// What is to be written, by pair.
    var changes: [PairAcceptance] {
        changed.compactMap { pairs[$0] }.sorted { $0.pair < $1.pair }
    }
}
