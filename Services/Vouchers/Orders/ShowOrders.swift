import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Gets an order: `vouchers.get-order.v1`.
struct GetOrderOfCity: QueryHandler {
    static let access: AccessRule<GetOrder> = .editors { $0.issuerCityId }

    func answer(_ query: GetOrder, from asker: Asker, reading database: Pool) async throws -> GetOrder.Reply {
        let (found, sold, files) = try await database.execute(
            ReadOrders(ids: [query.orderId]), CountSold(orderId: query.orderId), ReadCodeFiles(orderId: query.orderId))
        guard let order = found.first, order.issuerCityId == query.issuerCityId else {
            throw Problem("order-unknown", "This city has no such order.")
        }
        return GetOrder.Reply(
            order: order.facts,
            lines: order.lines.map { OrderLine(value: Money($0.value, order.currency), count: $0.count) },
            sold: order.isStock ? Int(sold.first ?? 0) : nil, codesKeptUntil: order.codesUntil, files: files,
            cancellation: order.cancellation.map {
                OrderCancellation(
                    cancellationId: $0.cancellationId, cancelledAt: $0.cancelledAt, cancelled: $0.cancelled)
            })
    }
}

/// Finds orders, the newest first: `vouchers.find-orders.v1`.
struct FindOrdersOfCity: QueryHandler {
    static let access: AccessRule<FindOrders> = .editors { $0.issuerCityId }
    /// Orders on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindOrders, from asker: Asker, reading database: Pool) async throws -> FindOrders.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(
            SearchOrders(
                issuerCityId: query.issuerCityId, purpose: query.purpose, after: query.after, max: limit + 1))
        let page = found.prefix(limit)
        return FindOrders.Reply(
            orders: page.map(\.facts), next: found.count > limit ? page.last?.orderId : nil)
    }
}
