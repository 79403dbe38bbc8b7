import Contracts
import FoundationEssentials

/// A partner organisation as its row says.
struct RegisteredPartner: Hashable, Sendable {
    var facts: PartnerFacts
    var version: Int64

    /// What the asker is answered.
    var reply: Registered { Registered(id: facts.partnerId, version: version) }
    /// What everybody is told.
    var event: PartnerRegistered { PartnerRegistered(facts, version: version) }
}

/// Decides a batch of organisations, one after the other; load it with those that have one of its ids, and the ids of those
/// cities it names that are known.
struct Partners: Sendable {
    private let cities: Set<UUID>
    private var partners: [UUID: RegisteredPartner]
    private var changed: Set<UUID> = []

    init(cities: some Sequence<UUID>, known: [RegisteredPartner]) {
        self.cities = Set(cities)
        partners = Dictionary(known.map { ($0.facts.partnerId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func register(_ command: RegisterPartner) -> Change<RegisteredPartner> {
        let known = partners[command.partner.partnerId]
        if let known, known.facts == command.partner,
            [nil, known.version, known.version - 1].contains(command.expectedVersion)
        {
            return .repeated(known)
        }
        if let expected = command.expectedVersion {
            guard let known else { return .refused(Problem("partner-unknown", "There is no such organisation.")) }
            guard known.version == expected else { return .refused(.versionDiffers(known.version)) }
        } else if known != nil {
            return .refused(Problem("partner-differs", "This organisation is registered with other facts."))
        }
        guard cities.isSuperset(of: command.partner.cityIds) else {
            return .refused(RegistryRefusalReason.cityUnknown.problem)
        }
        let partner = RegisteredPartner(facts: command.partner, version: (known?.version ?? 0) + 1)
        partners[command.partner.partnerId] = partner
        changed.insert(command.partner.partnerId)
        return .changed(partner)
    }

    /// What is to be written, by id.
    var changes: [RegisteredPartner] {
        changed.compactMap { partners[$0] }.sorted { $0.facts.partnerId < $1.facts.partnerId }
    }
}
