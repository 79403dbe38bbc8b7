import Contracts
import FoundationEssentials

/// Decides about merchants, one command after the other; load it with the merchants that have one of the ids, and the ids of
/// those cities that are known.
struct MerchantDecisions {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is so from now on: answer, and tell.
        case changed(RegisteredMerchant)
        /// It was so before: answer, and tell nobody.
        case repeated(RegisteredMerchant)
        /// Answer with the problem, and tell.
        case refused(RegistryRefusalReason)
        /// Somebody else was faster: answer with the present version.
        case differs(version: Int64)
    }

    private let accounts: BankAccounts
    private let cities: Set<UUID>
    private var merchants: [UUID: RegisteredMerchant]
    private var new: Set<UUID> = []
    private var revised: Set<UUID> = []

    init(accounts: BankAccounts, cities: some Sequence<UUID> = [], known: [RegisteredMerchant]) {
        self.accounts = accounts
        self.cities = Set(cities)
        merchants = Dictionary(known.map { ($0.merchantId, $0) }) { first, _ in first }
    }

    /// Decides a registration; what comes from a file may be closed already.
    ///
    /// A number that is not said differs from none: files that were exported have it masked.
    mutating func register(_ facts: MerchantFacts, iban: IBAN?, closedFrom: Day? = nil) throws -> Decision {
        if let known = merchants[facts.merchantId] {
            var isSame = known.facts == facts && known.closedFrom == closedFrom
            if isSame, let iban { isSame = try accounts.isSame(known.account, iban, of: facts.merchantId) }
            return isSame ? .repeated(known) : .refused(.merchantDiffers)
        }
        guard cities.contains(facts.cityId) else { return .refused(.cityUnknown) }
        let merchant = RegisteredMerchant(
            facts: facts, version: 1, closedFrom: closedFrom,
            account: try iban.map { try accounts.account($0, of: facts.merchantId) })
        merchants[facts.merchantId] = merchant
        new.insert(facts.merchantId)
        return .changed(merchant)
    }

    /// Decides a revision.
    mutating func revise(_ command: ReviseMerchant) throws -> Decision {
        let id = command.merchant.merchantId
        guard let known = merchants[id], known.facts.cityId == command.merchant.cityId else {
            return .refused(.merchantUnknown)
        }
        var next = known
        next.facts = command.merchant
        if let text = command.iban?.revealed {
            if let iban = IBAN(text) {
                let isSame = try accounts.isSame(known.account, iban, of: id)
                if !isSame { next.account = try accounts.account(iban, of: id) }
            } else {
                next.account = nil
            }
        }
        let isExpected = known.version == command.expectedVersion
        if next == known {
            return isExpected || known.version - 1 == command.expectedVersion
                ? .repeated(known) : .differs(version: known.version)
        }
        guard isExpected else { return .differs(version: known.version) }
        return change(next)
    }

    /// Decides from which day on a merchant is closed.
    mutating func close(_ command: CloseMerchant) -> Decision {
        guard let known = merchants[command.merchantId], known.facts.cityId == command.cityId else {
            return .refused(.merchantUnknown)
        }
        if known.closedFrom == command.from { return .repeated(known) }
        var next = known
        next.closedFrom = command.from
        return change(next)
    }

    /// Removes a person whom merchants name as their contact; returns these merchants as they are from now on, by id.
    mutating func unname(_ personId: UUID) -> [RegisteredMerchant] {
        for id in merchants.keys.sorted() {
            guard var next = merchants[id], next.facts.contactPersonId == personId else { continue }
            next.facts.contactPersonId = nil
            _ = change(next)
        }
        return revisions
    }

    private mutating func change(_ next: RegisteredMerchant) -> Decision {
        var next = next
        next.version += 1
        merchants[next.merchantId] = next
        if !new.contains(next.merchantId) { revised.insert(next.merchantId) }
        return .changed(next)
    }

    /// What is new, by id.
    var registrations: [RegisteredMerchant] { sorted(new) }
    /// What was known and is otherwise now, by id.
    var revisions: [RegisteredMerchant] { sorted(revised) }

    private func sorted(_ ids: Set<UUID>) -> [RegisteredMerchant] {
        ids.sorted().compactMap { merchants[$0] }
    }
}
