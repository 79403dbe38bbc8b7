import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// What becomes of an order, without a database.
@Suite struct OrderDecisionTests {
    private let city = UUID()
    private let now = Timestamp(milliseconds: 1_796_113_800_000)

    private func makeTerms(cash: Bool = false) -> Terms {
        Terms(
            termsId: UUID(), programmeId: UUID(), issuerCityId: city, number: 1,
            promise: ProgrammeTerms(
                currency: "EUR", denominations: [1_000], openAmounts: AmountRange(from: 100, to: 100_000),
                validity: PrintedValidity(months: 60), redeemableForCash: cash))
    }

    private func makeOrders(_ terms: Terms, given: [GivenBenefit] = []) -> Orders {
        Orders(
            terms: [terms], earlier: [], cities: [city],
            policies: [
                BenefitPolicy(cityId: city, fromYear: 2_000, currency: "EUR", cap: 18_600),
                BenefitPolicy(cityId: city, fromYear: 2_090, currency: "EUR", cap: 99_900),
            ], given: given)
    }

    private func benefit(_ terms: Terms, _ employees: [EmployeeBenefit], id: UUID = UUID()) -> PlaceOrder {
        PlaceOrder(
            orderId: id, issuerCityId: city, programmeId: terms.programmeId, name: "Advent", buyer: "Sawmill",
            purpose: .employeeBenefit, payment: .bankTransfer,
            lines: employees.map { OrderLine(value: Money($0.amount, "EUR"), count: 1) }, employees: employees)
    }

    @Test func employeesAreGivenNoMoreThanTheCapWhateverTheOrders() {
        var generator = SeededGenerator(seed: 11)
        let staff = (0..<5).map { _ in UUID() }
        for _ in 0..<300 {
            let terms = makeTerms()
            let key = { (id: UUID) in GivenBenefit.Key(employeeId: id, year: 2026, currency: "EUR") }
            let before = staff.map { GivenBenefit(key: key($0), amount: .random(in: 1...18_600, using: &generator)) }
            var orders = makeOrders(terms, given: before)
            var expected = Dictionary(uniqueKeysWithValues: before.map { ($0.key.employeeId, $0.amount) })
            for _ in 0..<12 {
                let chosen = staff.shuffled(using: &generator).prefix(Int.random(in: 1...5, using: &generator))
                let given = chosen.map {
                    EmployeeBenefit(employeeId: $0, amount: .random(in: 100...9_000, using: &generator))
                }
                let fits = given.allSatisfy { (expected[$0.employeeId] ?? 0) + $0.amount <= 18_600 }
                let decision = orders.place(benefit(terms, given), at: now)
                if fits {
                    for one in given { expected[one.employeeId, default: 0] += one.amount }
                    guard case .placed = decision else {
                        Issue.record("\(decision)")
                        continue
                    }
                } else {
                    #expect(decision == .refused(.benefitCapExceeded))
                }
            }
            // What is written is what came on top.
            var after = Dictionary(uniqueKeysWithValues: before.map { ($0.key, $0.amount) })
            for benefit in orders.benefits { after[benefit.key, default: 0] += benefit.amount }
            #expect(Dictionary(uniqueKeysWithValues: after.map { ($0.key.employeeId, $0.value) }) == expected)
        }
    }

    @Test func benefitsNeedAPolicyAndVouchersWithoutCash() {
        let one = [EmployeeBenefit(employeeId: UUID(), amount: 1_000)]
        let cash = makeTerms(cash: true)
        var forCash = makeOrders(cash)
        #expect(forCash.place(benefit(cash, one), at: now) == .refused(.redeemableForCash))
        let terms = makeTerms()
        var elsewhere = Orders(terms: [terms], earlier: [], cities: [city])
        #expect(elsewhere.place(benefit(terms, one), at: now) == .refused(.noBenefitPolicy))
    }

    @Test func aVoucherPaysForNoVoucher() {
        let terms = makeTerms()
        var orders = makeOrders(terms)
        var command = PlaceOrder(
            orderId: UUID(), issuerCityId: city, programmeId: terms.programmeId, name: "Advent", buyer: "Sawmill",
            purpose: .company, payment: .voucher, lines: [OrderLine(value: Money(1_000, "EUR"), count: 1)])
        #expect(orders.place(command, at: now) == .refused(.voucherPaysNoVoucher))
        command.payment = .card
        guard case .placed(let order) = orders.place(command, at: now) else {
            Issue.record("it is paid")
            return
        }
        #expect(orders.place(command, at: now) == .repeated(order))
        command.payment = .cash
        #expect(orders.place(command, at: now) == .refused(.orderDiffers))
    }

    /// However an order is cut into chunks, its vouchers are the same.
    @Test func chunksAddUpToTheOrder() throws {
        var generator = SeededGenerator(seed: 5)
        let keys = try CodeKeys([(id: 1, bytes: Array(repeating: 7, count: 32))])
        for _ in 0..<60 {
            let terms = makeTerms()
            let lines = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                OrderLine(
                    value: Money(.random(in: 100...100_000, using: &generator), "EUR"),
                    count: .random(in: 1...40, using: &generator))
            }
            let isGift = Bool.random(using: &generator)
            let command = PlaceOrder(
                orderId: UUID(), issuerCityId: city, programmeId: terms.programmeId, name: "Advent",
                purpose: isGift ? .birthGrant : .counterSale, isStock: !isGift, lines: lines)
            var orders = makeOrders(terms)
            guard case .placed(var order) = orders.place(command, at: now) else {
                Issue.record("it is offered")
                continue
            }
            var vouchers: [Voucher] = []
            var booked: Int64 = 0
            let max = Int.random(in: 1...50, using: &generator)
            while let (chunk, changes) = try OrderProduction(order: order, terms: terms, keys: keys, max: max)
                .next(at: now, using: &generator)
            {
                #expect(chunk.firstSerial == order.made + 1 && chunk.codes.count == chunk.voucherIds.count)
                let added = Dictionary(uniqueKeysWithValues: changes.added.map { ($0.voucherId, $0) })
                vouchers += chunk.voucherIds.compactMap { added[$0] }
                booked += changes.entries.flatMap(\.postings).filter { $0.amount > 0 }.reduce(0) { $0 + $1.amount }
                order.made = chunk.lastSerial
            }
            #expect(vouchers.map(\.value) == lines.flatMap { Array(repeating: $0.value.amount, count: $0.count) })
            #expect(booked == (isGift ? order.total : 0))
            #expect(vouchers.allSatisfy { $0.balance == (isGift ? $0.value : 0) && $0.termsId == terms.termsId })
            #expect(vouchers.allSatisfy { $0.status == (isGift ? .active : .created) })
            #expect(vouchers.allSatisfy { ($0.validUntil != nil) == isGift })
            #expect(Set(vouchers.map(\.lookup)).count == order.ordered)
        }
    }

    @Test func ordersThatContradictThemselvesBreakTheContract() {
        func fields(_ change: (inout PlaceOrder) -> Void) -> Set<String> {
            var command = PlaceOrder(
                orderId: UUID(), issuerCityId: city, programmeId: UUID(), name: "Advent", buyer: "Sawmill",
                purpose: .company, payment: .card, lines: [OrderLine(value: Money(1_000, "EUR"), count: 10)])
            change(&command)
            do {
                try command.validate()
                return []
            } catch {
                return Set((error.fields ?? [:]).keys)
            }
        }
        func give(_ command: inout PlaceOrder, _ employees: [EmployeeBenefit]) {
            command.purpose = .employeeBenefit
            command.employees = employees
        }
        #expect(fields { _ in } == [])
        #expect(fields { $0.payment = nil } == ["payment"])
        #expect(fields { $0.buyer = nil } == ["buyer"])
        #expect(fields { $0.isStock = true } == ["isStock"])
        #expect(fields { $0.purpose = .birthGrant } == ["buyer", "payment"])
        #expect(fields { $0.purpose = .counterSale } == ["buyer", "payment", "isStock"])
        #expect(fields { $0.purpose = .employeeBenefit } == ["employees"])
        let half = [EmployeeBenefit(employeeId: UUID(), amount: 5_000)]
        #expect(fields { $0.employees = half } == ["employees"])
        #expect(fields { give(&$0, half) } == ["employees"])
        #expect(fields { give(&$0, half + half) } == ["employees"])
        #expect(fields { $0.lines = [] } == ["lines"])
        #expect(fields { $0.lines = Array(repeating: $0.lines[0], count: 51) } == ["lines"])
        #expect(fields { $0.lines[0].count = .max } == ["lines"])
        #expect(
            fields { $0.lines = Array(repeating: OrderLine(value: $0.lines[0].value, count: 99_999), count: 2) } == [
                "lines"
            ])
        #expect(fields { $0.lines.append(OrderLine(value: Money(1_000, "HUF"), count: 1)) } == ["lines"])
        #expect(fields { $0.lines[0].value.amount = .min } == ["lines"])
    }
}
