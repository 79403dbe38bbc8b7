import Contracts
import FoundationEssentials
import Messaging

/// Tells whoever pays where merchants have their money: `cities.ask-merchant-accounts.v1`.
struct TellMerchantAccounts: Handler {
    static let access: AccessRule<AskMerchantAccounts> = .services
    /// A message asks for up to 200 accounts.
    static let batchMax = 8

    let accounts: BankAccounts

    func handle(_ batch: Batch<AskMerchantAccounts>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let found = try await transaction.execute(ReadMerchants(ids: Set(request.merchantIds).sorted()))
            let known = Dictionary(found.map { ($0.merchantId, $0) }) { first, _ in first }
            let told = try Set(request.merchantIds).sorted().map { id in
                try known[id].map(account)
                    ?? MerchantAccount(merchantId: id, name: "", iban: nil, address: nil, version: 0)
            }
            transaction.send(TakeMerchantAccounts(accounts: told), because: request)
            transaction.answer(request, with: AskMerchantAccounts.Reply(merchants: told.count))
        }
    }

    private func account(_ merchant: RegisteredMerchant) throws -> MerchantAccount {
        MerchantAccount(
            merchantId: merchant.merchantId, name: merchant.facts.name,
            iban: try merchant.account.map { try accounts.number($0, of: merchant.merchantId) },
            address: merchant.facts.branches.first?.address, version: merchant.version)
    }
}
