import Contracts
import FoundationEssentials
import Messaging

/// A merchant's account as it is stored: the number encrypted for its merchant, and what people are shown of it.
struct BankAccount: Hashable, Sendable {
    var sealed: [UInt8]
    var mask: String
}

/// Encrypts the numbers of accounts, and opens them for whoever pays.
struct BankAccounts: Sendable {
    private let seal: Seal

    init(keys: [(id: String, bytes: [UInt8])]) {
        seal = Seal(keys: keys)
    }

    /// What is stored of an account of this merchant.
    func account(_ iban: IBAN, of merchantId: UUID) throws -> BankAccount {
        BankAccount(sealed: try seal.seal(Array(iban.revealed.utf8), for: merchantId), mask: iban.masked)
    }

    /// The account's number.
    func number(_ account: BankAccount, of merchantId: UUID) throws -> Secret {
        Secret(String(decoding: try seal.open(account.sealed, for: merchantId), as: UTF8.self))
    }

    /// Whether it is the account with this number.
    func isSame(_ account: BankAccount?, _ iban: IBAN, of merchantId: UUID) throws -> Bool {
        guard let account, account.mask == iban.masked else { return false }
        return try number(account, of: merchantId).revealed == iban.revealed
    }
}
