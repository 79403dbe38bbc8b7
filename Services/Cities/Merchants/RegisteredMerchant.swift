import Contracts
import FoundationEssentials

/// A merchant as its row says.
struct RegisteredMerchant: Hashable, Sendable {
    var facts: MerchantFacts
    var version: Int64
    /// The first day on which it takes no vouchers any more.
    var closedFrom: Day?
    var account: BankAccount?

    var merchantId: UUID { facts.merchantId }

    /// What the asker is answered.
    var reply: Registered { Registered(id: facts.merchantId, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: MerchantRegistered { MerchantRegistered(facts, version: version, closedFrom: closedFrom) }
    /// What whoever looks is shown.
    var shown: GetMerchant.Reply {
        GetMerchant.Reply(merchant: facts, version: version, closedFrom: closedFrom, ibanMasked: account?.mask)
    }

    /// About how many bytes it takes in an answer.
    var bytes: Int {
        facts.branches.reduce(1_000 + facts.name.utf8.count + facts.terminals.count * 200) { sum, branch in
            sum + 400 + (branch.name?.utf8.count ?? 0) + branch.address.town.utf8.count
                + (branch.address.street?.utf8.count ?? 0) + (branch.openingHours?.count ?? 0) * 60
        }
    }
}

/// The words by which merchants are found, folded as ``CityNames`` folds names.
enum MerchantNames {
    /// The fewest letters in which a typing error is looked for.
    static let lettersMin = 4

    /// Every word of a merchant's name, its branches and its towns, as it may be typed.
    static func searchText(_ facts: MerchantFacts) -> String {
        let names = [facts.name] + facts.branches.flatMap { [$0.name, $0.address.town].compactMap(\.self) }
        var lines: [String] = []
        for name in names {
            let words = words(name).map(CityNames.searchForms)
            for line in [words.compactMap(\.first), words.compactMap(\.last)].map({ $0.joined(separator: " ") })
            where !line.isEmpty && !lines.contains(line) { lines.append(line) }
        }
        return lines.joined(separator: "\n")
    }

    /// What lists are ordered by.
    static func sortName(_ name: String) -> String {
        searchKey(name) ?? ""
    }

    /// What somebody types, folded word by word; `nil` where nothing of it is a letter or a digit.
    static func searchKey(_ text: String) -> String? {
        let words = words(text).compactMap(CityNames.searchKey)
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// A pattern for `LIKE`: the words in their order, with anything between.
    static func pattern(_ key: String) -> String {
        "%\(key.split(separator: " ").joined(separator: "%"))%"
    }

    private static func words(_ text: String) -> [String] {
        text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
