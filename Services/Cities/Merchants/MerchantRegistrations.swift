import Contracts
import FoundationEssentials

/// A merchant as its row says.
struct RegisteredMerchant: Hashable, Sendable {
    var merchantId: UUID
    var cityId: UUID
    var name: String
    var version: Int64

    /// What the asker is answered.
    var reply: Registered { Registered(id: merchantId, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: MerchantRegistered {
        MerchantRegistered(merchantId: merchantId, cityId: cityId, name: name, version: version)
    }
}

/// Decides a batch of merchants, one after the other; load it with the merchants that have one of its ids, and the ids of
/// those cities it names that are known.
struct MerchantRegistrations: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is known now: answer, and tell.
        case registered(RegisteredMerchant)
        /// It was known like this before: answer, and tell nobody.
        case repeated(RegisteredMerchant)
        /// Answer with the reason's problem, and tell.
        case refused(RegistryRefusalReason)
    }

    private let cities: Set<UUID>
    private var merchants: [UUID: RegisteredMerchant]
    private var registered: [RegisteredMerchant] = []

    init(cities: some Sequence<UUID>, known: [RegisteredMerchant]) {
        self.cities = Set(cities)
        merchants = Dictionary(known.map { ($0.merchantId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func register(_ command: RegisterMerchant) -> Decision {
        let asked = RegisteredMerchant(
            merchantId: command.merchantId, cityId: command.cityId, name: command.name, version: 1)
        if let known = merchants[command.merchantId] {
            let isSame = known.cityId == asked.cityId && known.name == asked.name
            return isSame ? .repeated(known) : .refused(.merchantDiffers)
        }
        guard cities.contains(command.cityId) else { return .refused(.cityUnknown) }
        merchants[command.merchantId] = asked
        registered.append(asked)
        return .registered(asked)
    }

    /// What is new, by id.
    var changes: [RegisteredMerchant] { registered.sorted { $0.merchantId < $1.merchantId } }
}
