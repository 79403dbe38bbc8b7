import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Notes that payments have arrived.
struct SettlementConfirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Note that payments of a city have arrived: all that are open, or those that are named.",
        discussion: """
            A payment is named by its id, or by the end-to-end id that stands on the bank statement.

            Examples:
              citycoop settlement confirm --city weiz --paid-on 2027-01-05
              citycoop settlement confirm --month 2026-12 --city weiz --paid-on 2027-01-05 01943c1e00007000800000000000004f
            """)

    @Argument(help: "Payments; all that are open if none is given.")
    var payments: [String] = []

    @Option(help: ArgumentHelp("The city that paid.", valueName: "slug"))
    var city: String

    @Option(help: ArgumentHelp("When.", valueName: "YYYY-MM-DD"))
    var paidOn: Day

    @Option(help: "Why, for the audit.")
    var reason: String?

    @OptionGroup var which: RunOptions
    @OptionGroup var options: SettlementOptions

    @Flag(help: "As one JSON object.")
    var json = false

    /// What came of it.
    struct Outcome: Codable, Equatable, Sendable {
        /// Now.
        let confirmed: Int
        /// What is still to arrive from this city in this run.
        let open: Int
    }

    func run() async throws {
        try await options.with { settlements in
            let id = try await which.find(in: settlements)
            let cityId = try await settlements.stage.requester.cityId(of: city)
            let all = try await settlements.payouts(of: id, paidBy: cityId)
            let wanted = payments.isEmpty ? all.filter { $0.state == .open } : try all.named(payments)
            let confirmed = try await settlements.confirm(wanted, paidBy: cityId, on: paidOn, reason: reason)
            let ids = Set(wanted.map(\.payoutId))
            let open = all.count { $0.state == .open && !ids.contains($0.payoutId) }
            if json { return Terminal.write(json: Outcome(confirmed: confirmed, open: open)) }
            Terminal.write("\(confirmed) confirmed, \(open) of \(city) are open")
        }
    }
}

/// Notes that a bank has sent a payment back.
struct SettlementReturn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "return",
        abstract: "Note that a bank has sent a merchant's payment back; the next run has its amount.",
        discussion: """
            The payment is named by its id, or by the end-to-end id that stands on the bank statement.

            Examples:
              citycoop settlement return 01943c1e00007000800000000000004f --city weiz --bank-reason 'AC04 account closed'
            """)

    @Argument(help: "The payment.")
    var payment: String

    @Option(help: ArgumentHelp("The city that paid.", valueName: "slug"))
    var city: String

    @Option(help: "What the bank says.")
    var bankReason: String

    @Option(help: "Why, for the audit.")
    var reason: String?

    @OptionGroup var which: RunOptions
    @OptionGroup var options: SettlementOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await options.with { settlements in
            let id = try await which.find(in: settlements)
            let cityId = try await settlements.stage.requester.cityId(of: city)
            let named = try await settlements.payouts(of: id, paidBy: cityId).named([payment])
            for payout in named {
                let returned = try await settlements.ask(
                    ReturnPayout(
                        cityId: cityId, payoutId: payout.payoutId, bankReason: bankReason, reason: reason))
                if json { return Terminal.write(json: returned) }
                Terminal.write("\(returned.amount) are owed to \(payout.creditorName) again: the next run has them")
            }
        }
    }
}

/// Says from which account a city pays and is paid.
struct SettlementAccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Say from which account a city pays and is paid; once for each city.",
        discussion: """
            Examples:
              citycoop settlement account weiz --name 'Stadtgemeinde Weiz' --iban 'AT61 1904 3002 3457 3201' \\
                  --postal-code 8160 --town Weiz
            """)

    @Argument(help: ArgumentHelp("The city.", valueName: "slug"))
    var city: String

    @Option(help: "The holder, as the bank knows it.")
    var name: String

    @Option(help: "The account's number.")
    var iban: String

    @Option(help: "Of the bank, where it asks for it.")
    var bic: String?

    @Option(help: "Of the holder.")
    var street: String?

    @Option(help: "Of the holder.")
    var postalCode: String

    @Option(help: "Of the holder.")
    var town: String

    @Option(help: "Why, for the audit.")
    var reason: String?

    @OptionGroup var options: SettlementOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await options.with { settlements in
            let found = try await settlements.ask(GetCity(slug: city)).city
            let account = try await settlements.ask(
                SetSettlementAccount(
                    cityId: found.cityId, name: name, iban: Secret(iban), bic: bic,
                    address: PostalAddress(
                        street: street, postalCode: postalCode, town: town, country: found.country),
                    reason: reason))
            if json { return Terminal.write(json: account) }
            Terminal.write("\(city) pays and is paid over this account: version \(account.version)")
        }
    }
}
