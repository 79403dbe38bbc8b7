import Contracts
import FoundationEssentials
import Messaging

/// Registers merchants in cities that are known: `cities.register-merchant.v1`.
///
/// Like ``RegisterCities`` it leaves races to the unique index.
struct RegisterMerchants: Handler {
    static let access: AccessRule<RegisterMerchant> = .editors { $0.cityId }

    let accounts: BankAccounts

    func handle(_ batch: Batch<RegisterMerchant>, in transaction: inout MessageTransaction) async throws {
        let (known, cities) = try await transaction.execute(
            ReadMerchants(ids: batch.messages.map(\.merchantId)), FindCityIDs(ids: batch.messages.map(\.cityId)))
        var merchants = MerchantDecisions(accounts: accounts, cities: cities, known: known)
        for request in batch.messages {
            let iban = request.iban.flatMap { IBAN($0.revealed) }
            let decision = try merchants.register(request.message.facts, iban: iban)
            if case .refused(let reason) = decision {
                transaction.publish(
                    MerchantRefused(merchantId: request.merchantId, code: reason.rawValue), because: request)
            }
            transaction.settle(request, decision)
        }
        transaction.write(merchants)
    }
}

/// Replaces what is known of merchants: `cities.revise-merchant.v1`.
struct ReviseMerchants: Handler {
    static let access: AccessRule<ReviseMerchant> = .editors { $0.merchant.cityId }

    let accounts: BankAccounts

    func handle(_ batch: Batch<ReviseMerchant>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.merchant.merchantId)).sorted()
        let (_, known) = try await transaction.execute(LockMerchants(ids: ids), ReadMerchants(ids: ids))
        var merchants = MerchantDecisions(accounts: accounts, known: known)
        for request in batch.messages { transaction.settle(request, try merchants.revise(request.message)) }
        transaction.write(merchants)
    }
}

/// Closes merchants: `cities.close-merchant.v1`.
struct CloseMerchants: Handler {
    static let access: AccessRule<CloseMerchant> = .editors { $0.cityId }

    let accounts: BankAccounts

    func handle(_ batch: Batch<CloseMerchant>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.merchantId)).sorted()
        let (_, known) = try await transaction.execute(LockMerchants(ids: ids), ReadMerchants(ids: ids))
        var merchants = MerchantDecisions(accounts: accounts, known: known)
        for request in batch.messages { transaction.settle(request, merchants.close(request.message)) }
        transaction.write(merchants)
    }
}

extension MessageTransaction {
    /// Answers as it was decided, and tells everybody what is new.
    fileprivate mutating func settle<R: Request>(_ request: Received<R>, _ decision: MerchantDecisions.Decision)
    where R.Reply == Registered {
        switch decision {
        case .changed(let merchant):
            publish(merchant.event, answering: request, with: merchant.reply)
        case .repeated(let merchant): answer(request, with: merchant.reply)
        case .refused(let reason): refuse(request, reason.problem)
        case .differs(let version):
            refuse(
                request,
                Problem(
                    "version-differs", "Somebody else has changed this merchant.",
                    fields: ["expectedVersion": "\(version)"]))
        }
    }

    /// Writes what was decided.
    mutating func write(_ decisions: MerchantDecisions) {
        let (new, revised) = (decisions.registrations, decisions.revisions)
        if !new.isEmpty { write(InsertMerchants(merchants: new)) }
        if !revised.isEmpty {
            write(UpdateMerchants(merchants: revised))
            write(DeleteBranches(merchants: revised.map(\.merchantId)))
        }
        let places = InsertBranches(of: new + revised)
        if !places.isEmpty { write(places) }
    }
}
