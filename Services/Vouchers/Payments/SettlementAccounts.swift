import Contracts
import FoundationEssentials
import Messaging

/// Sets the accounts of cities: `vouchers.set-settlement-account.v1`.
struct SetSettlementAccounts: Handler {
    static let access: AccessRule<SetSettlementAccount> = .editors { $0.cityId }
    static let batchMax = 16

    let seal: Seal

    func handle(_ batch: Batch<SetSettlementAccount>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.cityId)).sorted()
        let (cities, known) = try await transaction.execute(ReadCities(ids: ids), LockCityAccounts(ids: ids))
        var accounts = Dictionary(known.map { ($0.cityId, $0) }) { first, _ in first }
        for request in batch.messages {
            guard cities.contains(request.cityId), let iban = IBAN(request.iban.revealed) else {
                transaction.refuse(
                    request, Problem("city-unknown", "This city is not known here yet.", retryable: true))
                continue
            }
            let party = BankParty(
                name: request.name, iban: Secret(iban.revealed), bic: request.bic, address: request.address)
            let earlier = accounts[request.cityId]
            if let earlier, try seal.party(earlier.sealedParty, of: request.cityId) == party {
                transaction.answer(request, with: Registered(id: request.cityId, version: earlier.version))
                continue
            }
            let account = CityAccount(
                cityId: request.cityId, name: request.name, ibanMask: iban.masked,
                sealedParty: try seal.seal(party, of: request.cityId), version: (earlier?.version ?? 0) + 1)
            accounts[request.cityId] = account
            transaction.write(WriteCityAccount(account: account))
            transaction.publish(
                SettlementAccountSet(
                    cityId: account.cityId, name: account.name, ibanMasked: account.ibanMask, version: account.version),
                answering: request, with: Registered(id: account.cityId, version: account.version))
        }
    }
}

/// Keeps what the registry says of merchants' accounts: `vouchers.take-merchant-accounts.v1`.
struct KeepMerchantAccounts: Handler {
    static let access: AccessRule<TakeMerchantAccounts> = .services
    /// A message has up to 200 accounts.
    static let batchMax = 8

    let seal: Seal

    func handle(_ batch: Batch<TakeMerchantAccounts>, in transaction: inout MessageTransaction) async throws {
        var newest: [UUID: MerchantAccount] = [:]
        for request in batch.messages {
            for account in request.accounts
            where newest[account.merchantId].map({ $0.version <= account.version }) ?? true {
                newest[account.merchantId] = account
            }
            transaction.answer(request, with: TakeMerchantAccounts.Reply(taken: request.accounts.count))
        }
        guard !newest.isEmpty else { return }
        var accounts: [StoredMerchantAccount] = []
        for account in newest.values.sorted(by: { $0.merchantId < $1.merchantId }) {
            let iban = account.iban.flatMap { IBAN($0.revealed) }
            let sealed = try iban.map {
                try seal.seal(
                    BankParty(name: account.name, iban: Secret($0.revealed), bic: nil, address: account.address),
                    of: account.merchantId)
            }
            accounts.append(
                StoredMerchantAccount(
                    merchantId: account.merchantId, name: account.name, ibanMask: iban?.masked, sealedParty: sealed,
                    version: account.version))
        }
        transaction.write(WriteMerchantAccounts(accounts: accounts))
    }
}
