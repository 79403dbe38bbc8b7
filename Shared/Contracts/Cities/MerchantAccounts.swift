public import FoundationEssentials

/// Asks where merchants have their money: `cities.ask-merchant-accounts.v1`, for services alone.
///
/// A command, because whoever pays need not wait for the registry: it answers with `vouchers.take-merchant-accounts.v1`.
public struct AskMerchantAccounts: Command {
    /// `cities.ask-merchant-accounts.v1`.
    public static let type = MessageType(.cities, .command, "ask-merchant-accounts")
    /// The most merchants at once.
    public static let merchantsMax = 200

    /// Whose.
    public var merchantIds: [UUID]

    /// Makes the command.
    public init(merchantIds: [UUID]) {
        self.merchantIds = merchantIds
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            (1...Self.merchantsMax).contains(merchantIds.count), "merchantIds", "must be 1 to \(Self.merchantsMax)")
        try checks.finish()
    }

    /// How many are told.
    public struct Reply: Codable, Equatable, Sendable {
        /// How many.
        public var merchants: Int

        /// Makes the answer.
        public init(merchants: Int) {
            self.merchants = merchants
        }
    }
}
