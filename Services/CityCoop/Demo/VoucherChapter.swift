import Contracts
import FoundationEssentials
import Messaging

/// Vouchers are issued in Weiz and spent in Lendava.
struct VoucherChapter {
    let stage: Stage
    let surroundings: Surroundings
    let known: Known

    func tell() async throws {
        let weiz = try known.cities.city("weiz")
        let lendava = try known.cities.city(Cast.bookshop.city)
        Story.chapter("Vouchers are issued in \(weiz.officialName) and spent in \(lendava.officialName)")
        let claras = try await issue(Money(5_000, "EUR"), to: Cast.clara, by: weiz)
        let anas = try await issue(Money(2_500, "EUR"), to: Cast.ana, by: weiz)
        try await Till.with(surroundings, stage) { till in
            try await spendAll(anas, Cast.ana, at: till)
            try await spendTwiceAsOne(claras, Cast.clara, at: till)
        }
    }

    private func issue(_ value: Money, to person: Cast.Person, by city: CityFacts) async throws -> IssueVoucher.Reply {
        let voucher = try await stage.ask(
            IssueVoucher(issueId: .version7(), issuerCityId: city.cityId, value: value, personId: person.id))
        let shown = voucher.code.revealed.prefix(4)
        Story.tell(
            "\(person.name) gets a voucher over \(value); its code, \(shown)-…, is told this once.",
            by: IssueVoucher.type)
        return voucher
    }

    private func spendAll(
        _ voucher: IssueVoucher.Reply, _ person: Cast.Person, at till: Stage
    ) async throws {
        let shop = Cast.bookshop
        let receipt = try await till.ask(redemption(of: voucher, voucher.value))
        Story.tell(
            "\(person.name) spends \(receipt.amount) at \(shop.name); \(receipt.balance) are left.",
            by: RedeemVoucher.type)
        let problem = try await till.beRefused(redemption(of: voucher, Money(500, voucher.value.currency)))
        Story.tell("A second try with 5.00 EUR is refused: \(problem.code). \(problem.title)", by: RedeemVoucher.type)
    }

    private func spendTwiceAsOne(
        _ voucher: IssueVoucher.Reply, _ person: Cast.Person, at till: Stage
    ) async throws {
        let redemption = redemption(of: voucher, Money(1_850, voucher.value.currency))
        let first = try await till.ask(redemption)
        let again = try await till.ask(redemption)
        guard first == again else {
            throw CommandFailure(.refused, "A repeated redemption got another receipt than the first.")
        }
        Story.tell("\(person.name) spends \(first.amount). The till hears no answer and asks again under the same id:")
        Story.tell("the same receipt, booked once; \(again.balance) are left.", by: RedeemVoucher.type)
        let balance = try await till.ask(GetBalance(code: voucher.code)).balance
        guard balance == first.balance else {
            throw CommandFailure(.refused, "The balance is \(balance), and the receipt said \(first.balance).")
        }
    }

    private func redemption(of voucher: IssueVoucher.Reply, _ amount: Money) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: .version7(), code: voucher.code, merchantId: Cast.bookshop.id, amount: amount)
    }
}
