import Contracts
import FoundationEssentials

/// Decides a batch of revisions, one after the other; load it with the cities that have one of its ids or of its slugs.
struct CityRevisions: Sendable {
    private var cities: [UUID: RegisteredCity]
    private var idsBySlug: [String: UUID]
    private var changed: Set<UUID> = []

    init(known: [RegisteredCity]) {
        cities = Dictionary(known.map { ($0.facts.cityId, $0) }) { first, _ in first }
        idsBySlug = Dictionary(known.map { ($0.facts.slug, $0.facts.cityId) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func revise(_ command: ReviseCity) -> Change<RegisteredCity> {
        let (id, slug) = (command.city.cityId, command.city.slug)
        guard let known = cities[id] else { return .refused(RegistryRefusalReason.cityUnknown.problem) }
        let isNext = known.version == command.expectedVersion
        if known.facts == command.city && (isNext || known.version == command.expectedVersion + 1) {
            return .repeated(known)
        }
        guard isNext else { return .refused(.versionDiffers(known.version)) }
        if let holder = idsBySlug[slug], holder != id { return .refused(RegistryRefusalReason.slugTaken.problem) }
        let revised = RegisteredCity(facts: command.city, version: known.version + 1)
        idsBySlug[known.facts.slug] = nil
        idsBySlug[slug] = id
        cities[id] = revised
        changed.insert(id)
        return .changed(revised)
    }

    /// What is to be written, by id.
    var changes: [RegisteredCity] {
        changed.compactMap { cities[$0] }.sorted { $0.facts.cityId < $1.facts.cityId }
    }
}
