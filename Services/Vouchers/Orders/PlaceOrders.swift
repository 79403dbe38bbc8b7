import Contracts
import FoundationEssentials
import Messaging

/// Places orders: `vouchers.place-order.v1`.
///
/// An order is a row; its vouchers are made by ``ProduceOrders``.
struct PlaceOrders: Handler {
    static let access: AccessRule<PlaceOrder> = .editors { $0.issuerCityId }
    /// An order of an employer may have as many bytes as a message can.
    static let batchMax = 8

    func handle(_ batch: Batch<PlaceOrder>, in transaction: inout MessageTransaction) async throws {
        let benefits = batch.messages.filter { $0.purpose == .employeeBenefit }
        let benefitCities = Set(benefits.map(\.issuerCityId)).sorted()
        let employees = Set(benefits.flatMap { ($0.employees ?? []).map(\.employeeId) }).sorted()
        // Orders for employees wait for one another at the policy of their country: who is there is counted under its lock.
        let (_, policies, given, earlier, terms, cities) = try await transaction.execute(
            LockBenefitPolicies(cities: benefitCities), ReadBenefitPolicies(cities: benefitCities),
            ReadBenefits(employees: employees), ReadOrders(ids: Set(batch.messages.map(\.orderId)).sorted()),
            ReadCurrentTerms(programmeIds: Set(batch.messages.map(\.programmeId)).sorted()),
            ReadCities(ids: Set(batch.messages.map(\.issuerCityId)).sorted()))

        var orders = Orders(terms: terms, earlier: earlier, cities: cities, policies: policies, given: given)
        for command in batch.messages {
            switch orders.place(command.message, at: Timestamp(batch.now)) {
            case .placed(let order): transaction.publish(order.event, answering: command, with: order.reply)
            case .repeated(let order): transaction.answer(command, with: order.reply)
            case .refused(let reason):
                transaction.publish(
                    OrderRefused(orderId: command.orderId, code: reason.rawValue), refusing: command,
                    with: reason.problem)
            }
        }
        if !orders.benefits.isEmpty { transaction.write(AddBenefits(benefits: orders.benefits)) }
        if !orders.records.isEmpty { transaction.write(WriteOrders(orders: orders.records)) }
    }
}
