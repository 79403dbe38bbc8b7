import Contracts
import FoundationEssentials

/// Decides a batch of commands about grants, one after the other; load it with the grants that have one of their ids, and
/// with those cities and merchants they name that are known.
struct Grants: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It stands now: answer, and tell.
        case changed(AccessGranted)
        /// It stood like this before: answer, and tell nobody.
        case repeated(AccessGranted)
        /// Answer with the reason's problem.
        case refused(Refusal)
    }

    /// Why a command is refused.
    enum Refusal: String, CaseIterable, Sendable {
        case cityUnknown = "city-unknown"
        case merchantUnknown = "merchant-unknown"
        case differs = "grant-differs"
        case revoked = "grant-revoked"
        case unknown = "grant-unknown"

        var problem: Problem {
            switch self {
            case .cityUnknown: Problem(rawValue, "There is no such city.")
            case .merchantUnknown: Problem(rawValue, "There is no such merchant.")
            case .differs: Problem(rawValue, "This grant id stands for another grant.")
            case .revoked: Problem(rawValue, "This grant was revoked for ever; give access under a new id.")
            case .unknown: Problem(rawValue, "There is no such grant.")
            }
        }
    }

    private let cities: Set<UUID>
    private let merchants: Set<UUID>
    private var grants: [UUID: AccessGranted]
    private var changed: Set<UUID> = []

    init(known: [AccessGranted], cities: some Sequence<UUID> = [], merchants: some Sequence<UUID> = []) {
        self.cities = Set(cities)
        self.merchants = Set(merchants)
        grants = Dictionary(known.map { ($0.grant.grantId, $0) }) { first, _ in first }
    }

    /// Decides one grant.
    mutating func give(_ command: GrantAccess) -> Decision {
        let grant = command.grant
        if let known = grants[grant.grantId] {
            if known.grant != grant { return .refused(.differs) }
            return known.revoked ? .refused(.revoked) : .repeated(known)
        }
        if let city = grant.cityId, !cities.contains(city) { return .refused(.cityUnknown) }
        if let merchant = grant.merchantId, !merchants.contains(merchant) { return .refused(.merchantUnknown) }
        return change(AccessGranted(grant, version: 1, revoked: false))
    }

    /// Decides one revocation.
    mutating func revoke(_ command: RevokeAccess) -> Decision {
        guard let known = grants[command.grantId] else { return .refused(.unknown) }
        if known.revoked { return .repeated(known) }
        return change(AccessGranted(known.grant, version: known.version + 1, revoked: true))
    }

    private mutating func change(_ grant: AccessGranted) -> Decision {
        grants[grant.grant.grantId] = grant
        changed.insert(grant.grant.grantId)
        return .changed(grant)
    }

    /// What is new or otherwise than before, by id.
    var changes: [AccessGranted] { changed.sorted().compactMap { grants[$0] } }
}

extension AccessGranted {
    /// What the asker is answered.
    var reply: Registered { Registered(id: grant.grantId, version: version) }
}
