import Contracts
import FoundationEssentials
import Messaging

/// Who pays or is paid, with the whole number of the account: stored encrypted for its owner's id, shown in payment files alone.
struct BankParty: Codable, Hashable, Sendable {
    var name: String
    var iban: Secret
    var bic: String?
    var address: PostalAddress?

    /// ISO 3166-1, of the address or else of the account.
    var country: String { address?.country ?? String(iban.revealed.prefix(2)) }
}

extension Seal {
    /// Encrypts a party for the city or the merchant whose it is.
    func seal(_ party: BankParty, of owner: UUID) throws -> [UInt8] {
        try seal([UInt8](try JSONEncoder().encode(party)), for: owner)
    }

    /// Decrypts a party of this city or merchant.
    func party(_ sealed: [UInt8], of owner: UUID) throws -> BankParty {
        try JSONDecoder().decode(BankParty.self, from: Data(try open(sealed, for: owner)))
    }
}
