import Contracts
import FoundationEssentials

/// A voucher of a programme is sold, filled up with at a pump, taken back in part, and lost.
struct ProgrammeChapter {
    private static let sold = Money(10_000, "EUR")
    private static let held = Money(8_000, "EUR")
    private static let filledUp = Money(5_230, "EUR")
    private static let takenBack = Money(1_250, "EUR")
    /// How long the pump waits for its driver.
    private static let holdSeconds = 1_800

    let stage: Stage
    let known: Known

    func tell() async throws {
        let weiz = try known.cities.city("weiz")
        Story.chapter("\(weiz.officialName) sets up a programme, and one of its vouchers has a long day")
        let programme = Cast.programme(of: weiz)
        let set = try await stage.ask(programme)
        let terms = programme.terms
        let values = terms.denominations.map { "\(Money($0, terms.currency))" }
        let range = terms.openAmounts.map {
            ", or \(Money($0.from, terms.currency)) to \(Money($0.to, terms.currency))"
        }
        Story.tell("\(programme.name): \(values.joined(separator: ", "))\(range ?? "").", by: SetProgramme.type)
        if let limitation = set.limitation {
            Story.tell("The money can be claimed for \(limitation.years) years, as the law of \(weiz.country) has it.")
        }
        let voucher = try await sell(to: Cast.bence, by: weiz)
        let redemption = try await fillUp(with: voucher, Cast.bence)
        try await takeBack(redemption, Cast.bence)
        try await replace(voucher, Cast.bence, by: weiz)
    }

    private func sell(to person: Cast.Person, by city: CityFacts) async throws -> IssueVoucher.Reply {
        let voucher = try await stage.ask(
            IssueVoucher(
                issueId: .version7(), issuerCityId: city.cityId, value: Self.sold, personId: person.id,
                programmeId: Cast.programmeId, payment: .card))
        let end = voucher.validUntil.map { "to be spent until \($0)" } ?? "which never ends"
        Story.tell("\(person.name) buys one over \(voucher.value), \(end).", by: IssueVoucher.type)
        return voucher
    }

    /// What the pump sets aside before anything flows, and what it takes of that.
    private func fillUp(with voucher: IssueVoucher.Reply, _ person: Cast.Person) async throws -> UUID {
        let shop = Cast.station
        let held = try await stage.ask(
            HoldAmount(
                holdId: .version7(), code: voucher.code, merchantId: shop.id, amount: Self.held,
                timeToLiveSeconds: Self.holdSeconds))
        Story.tell(
            "\(person.name) drives up to \(shop.name): the pump holds \(held.amount), \(held.balance) are free besides.",
            by: HoldAmount.type)
        let receipt = try await stage.ask(
            CaptureHold(
                redemptionId: .version7(), holdId: held.holdId, merchantId: shop.id, amount: Self.filledUp,
                releasesRest: true))
        Story.tell(
            "It takes \(receipt.amount) for what has flowed and frees the rest; \(receipt.balance) are left.",
            by: CaptureHold.type)
        return receipt.redemptionId
    }

    private func takeBack(_ redemption: UUID, _ person: Cast.Person) async throws {
        let reversal = try await stage.ask(
            ReverseRedemption(
                reversalId: .version7(), redemptionId: redemption, merchantId: Cast.station.id, amount: Self.takenBack,
                reason: "Wrong grade charged."))
        Story.tell(
            "The wrong grade was charged: \(reversal.amount) are back on \(person.name)'s voucher.",
            by: ReverseRedemption.type)
    }

    private func replace(_ voucher: IssueVoucher.Reply, _ person: Cast.Person, by city: CityFacts) async throws {
        let new = try await stage.ask(
            ReplaceVoucher(
                replacementId: .version7(), voucherId: voucher.voucherId, issuerCityId: city.cityId,
                reason: "Reported as lost."))
        let expected = Self.sold.amount - Self.filledUp.amount + Self.takenBack.amount
        guard new.value.amount == expected else {
            throw CommandFailure(.refused, "\(new.value) were left on a voucher that had another balance.")
        }
        Story.tell(
            """
            \(person.name) loses it, and gets a new code, \(new.code.revealed.prefix(4))-…, with what was left: \(new.value).
            """, by: ReplaceVoucher.type)
        let problem = try await stage.beRefused(GetBalance(code: voucher.code))
        Story.tell("Whoever finds the old one hears: \(problem.title)", by: GetBalance.type)
    }
}
