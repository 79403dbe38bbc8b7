import Contracts
import FoundationEssentials

/// The membership of a city as its rows say.
struct CityMembership: Hashable, Sendable {
    var cityId: UUID
    var history = MembershipHistory()
    /// 0 where nothing was ever set.
    var version: Int64 = 0

    /// What the asker is answered.
    var reply: SetMembership.Reply { SetMembership.Reply(cityId: cityId, history: history, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: MembershipChanged { MembershipChanged(cityId: cityId, history: history, version: version) }
}

/// Decides a batch of entries, one after the other; load it with the cities that are known, and the memberships they have.
struct Memberships: Sendable {
    private let cities: Set<UUID>
    private var memberships: [UUID: CityMembership]
    private var changed: Set<UUID> = []

    init(cities: some Sequence<UUID>, known: [CityMembership]) {
        self.cities = Set(cities)
        memberships = Dictionary(known.map { ($0.cityId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func set(_ command: SetMembership) -> Change<CityMembership> {
        guard cities.contains(command.cityId) else { return .refused(RegistryRefusalReason.cityUnknown.problem) }
        let known = memberships[command.cityId] ?? CityMembership(cityId: command.cityId)
        let history = known.history.setting(command.state, from: command.from)
        if history == known.history { return .repeated(known) }
        if let expected = command.expectedVersion {
            guard known.version == expected else { return .refused(.versionDiffers(known.version)) }
        } else if let last = known.history.entries.last, command.from <= last.from {
            return .refused(.hasLaterEntry)
        }
        guard history.isAllowed else { return .refused(.transition) }
        guard history.entries.count <= SetMembership.entriesMax else { return .refused(.historyFull) }
        let membership = CityMembership(cityId: command.cityId, history: history, version: known.version + 1)
        memberships[command.cityId] = membership
        changed.insert(command.cityId)
        return .changed(membership)
    }

    /// What is to be written, by city.
    var changes: [CityMembership] {
        changed.compactMap { memberships[$0] }.sorted { $0.cityId < $1.cityId }
    }
}

extension Problem {
    fileprivate static var hasLaterEntry: Problem {
        Problem(
            "membership-has-later-entry",
            "The history goes on after this day already; with expectedVersion this is a correction of it.")
    }

    fileprivate static var transition: Problem {
        Problem(
            "membership-transition",
            "One does not follow the other: applied, candidate, active, suspended or active again, left, applied.")
    }

    fileprivate static var historyFull: Problem {
        Problem("membership-full", "A history has at most \(SetMembership.entriesMax) entries.")
    }
}
