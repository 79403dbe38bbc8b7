import Contracts
import Crypto
import FoundationEssentials
import Messaging
import Postgres

/// Why an order is refused.
enum OrderRefusalReason: String, CaseIterable, Sendable {
    case orderDiffers = "order-differs"
    case voucherPaysNoVoucher = "voucher-pays-no-voucher"
    case programmeUnknown = "programme-unknown"
    case amountNotOffered = "amount-not-offered"
    case cityUnknown = "city-unknown"
    case noBenefitPolicy = "no-benefit-policy"
    case redeemableForCash = "programme-redeemable-for-cash"
    case benefitCapExceeded = "benefit-cap-exceeded"

    var problem: Problem {
        switch self {
        case .orderDiffers: Problem(rawValue, "This order id was used with other content.")
        case .voucherPaysNoVoucher: Problem(rawValue, "A voucher cannot pay for a voucher.")
        case .programmeUnknown: Problem(rawValue, "This city has no such programme.")
        case .amountNotOffered: Problem(rawValue, "The programme does not offer one of these values.")
        case .cityUnknown: Problem(rawValue, "This city is not known here yet.", retryable: true)
        case .noBenefitPolicy:
            Problem(rawValue, "It is not known here what employees may be given in this country and currency.")
        case .redeemableForCash:
            Problem(rawValue, "Employees are given only vouchers that nobody can have money for.")
        case .benefitCapExceeded: Problem(rawValue, "An employee would be given more than may be in a year.")
        }
    }
}

/// What employees may be given in a year.
struct BenefitPolicy: Hashable, Sendable {
    var cityId: UUID
    var fromYear: Int
    var currency: String
    /// Each, in minor units.
    var cap: Int64
}

/// What employees were given, by employee, year and currency.
struct GivenBenefit: Hashable, Sendable {
    struct Key: Hashable, Sendable {
        var employeeId: UUID
        var year: Int
        var currency: String
    }

    var key: Key
    var amount: Int64
}

/// Decides a batch of orders, one after the other.
///
/// Load it with what the batch names: the terms in force of its programmes, the orders with its ids, the cities that are known,
/// and, under the lock of the policies, those and what the employees were given.
struct Orders: Sendable {
    /// What becomes of a command.
    enum Decision: Hashable, Sendable {
        /// It stands now: answer, and tell.
        case placed(VoucherOrder)
        /// It stood before: answer, and tell nobody.
        case repeated(VoucherOrder)
        case refused(OrderRefusalReason)
    }

    private let terms: [UUID: Terms]
    private let cities: Set<UUID>
    private let policies: [UUID: [BenefitPolicy]]
    private var orders: [UUID: VoucherOrder]
    private var given: [GivenBenefit.Key: Int64]
    private var placed: [VoucherOrder] = []
    private var gave: [GivenBenefit.Key: Int64] = [:]

    init(
        terms: [Terms], earlier: [VoucherOrder], cities: some Sequence<UUID>, policies: [BenefitPolicy] = [],
        given: [GivenBenefit] = []
    ) {
        self.terms = Dictionary(terms.map { ($0.programmeId, $0) }) { first, _ in first }
        self.cities = Set(cities)
        self.policies = Dictionary(grouping: policies, by: \.cityId)
        orders = Dictionary(earlier.map { ($0.orderId, $0) }) { first, _ in first }
        self.given = Dictionary(given.map { ($0.key, $0.amount) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func place(_ command: PlaceOrder, at now: Timestamp) -> Decision {
        let content = command.contentHash
        if let first = orders[command.orderId] {
            return first.content == content ? .repeated(first) : .refused(.orderDiffers)
        }
        if command.payment == .voucher { return .refused(.voucherPaysNoVoucher) }
        guard cities.contains(command.issuerCityId) else { return .refused(.cityUnknown) }
        guard let terms = terms[command.programmeId], terms.issuerCityId == command.issuerCityId else {
            return .refused(.programmeUnknown)
        }
        guard command.lines.allSatisfy({ terms.promise.offers($0.value) }) else { return .refused(.amountNotOffered) }
        if command.purpose == .employeeBenefit, let reason = give(command, terms, now) { return .refused(reason) }
        let order = VoucherOrder(command, under: terms, content: content, at: now)
        orders[order.orderId] = order
        placed.append(order)
        return .placed(order)
    }

    /// Notes what employees are given, or says why they are not.
    private mutating func give(_ command: PlaceOrder, _ terms: Terms, _ now: Timestamp) -> OrderRefusalReason? {
        if terms.promise.redeemableForCash { return .redeemableForCash }
        let year = Int(Day(of: now).date.components.year)
        let policy = (policies[command.issuerCityId] ?? []).filter { $0.fromYear <= year }.max {
            $0.fromYear < $1.fromYear
        }
        guard let policy, policy.currency == terms.promise.currency else { return .noBenefitPolicy }
        var after: [GivenBenefit.Key: Int64] = [:]
        for benefit in command.employees ?? [] {
            let key = GivenBenefit.Key(employeeId: benefit.employeeId, year: year, currency: policy.currency)
            let before = (given[key] ?? 0)
            guard benefit.amount <= policy.cap, before <= policy.cap - benefit.amount else {
                return .benefitCapExceeded
            }
            after[key] = before + benefit.amount
        }
        for (key, amount) in after {
            gave[key, default: 0] += amount - (given[key] ?? 0)
            given[key] = amount
        }
        return nil
    }

    /// What is to be written, in the order in which rows are inserted.
    var records: [VoucherOrder] { placed.sorted { $0.orderId < $1.orderId } }

    /// What employees are given on top of what they had, by employee.
    var benefits: [GivenBenefit] {
        gave.map { GivenBenefit(key: $0.key, amount: $0.value) }
            .sorted { ($0.key.employeeId, $0.key.year) < ($1.key.employeeId, $1.key.year) }
    }
}

extension VoucherOrder {
    fileprivate init(_ command: PlaceOrder, under terms: Terms, content: [UInt8], at now: Timestamp) {
        let lines = command.lines.map { Line(value: $0.value.amount, count: $0.count) }
        self.init(
            orderId: command.orderId, issuerCityId: command.issuerCityId, programmeId: command.programmeId,
            termsId: terms.termsId, name: command.name, buyer: command.buyer, purpose: command.purpose,
            payment: command.payment, isStock: command.isStock, currency: terms.promise.currency, lines: lines,
            ordered: lines.reduce(0) { $0 + $1.count }, total: command.total, made: 0,
            content: content, placedAt: now)
    }
}

extension PlaceOrder {
    /// A hash of everything that was ordered; it holds no secret, so it needs no key.
    var contentHash: [UInt8] {
        var hash = SHA256()
        func add(_ text: String) {
            // With its length, so that no two contents read alike.
            hash.update(data: Array("\(text.utf8.count):\(text)".utf8))
        }
        for text in [issuerCityId.text, programmeId.text, name, buyer ?? "", purpose.rawValue, payment?.rawValue ?? ""]
        {
            add(text)
        }
        add("\(isStock)")
        for line in lines { add("\(line.value.amount) \(line.value.currency) \(line.count)") }
        for benefit in employees ?? [] { add("\(benefit.employeeId.text) \(benefit.amount)") }
        return Array(hash.finalize())
    }
}
