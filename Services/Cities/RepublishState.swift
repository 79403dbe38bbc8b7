import Contracts
import FoundationEssentials
import Messaging

/// Says every city, merchant or grant again: `cities.republish.v1`.
///
/// They come in the order of ids, with new message ids and unchanged versions, and the count closes the series.
/// Requests for one kind that wait together share one series: it is complete for each of them. The series of several kinds
/// are closed together, behind the last of them: who takes them from one queue groups them by type, and would count too
/// early what still stands behind the first closing.
struct RepublishState: Handler {
    static let access: AccessRule<Republish> = .services
    /// Things read by one statement.
    static let pageMax = 500

    func handle(_ batch: Batch<Republish>, in transaction: inout MessageTransaction) async throws {
        var counts: [Republish.Kind: Int64] = [:]
        for kind in Republish.Kind.allCases {
            guard let first = batch.messages.first(where: { $0.kind == kind }) else { continue }
            counts[kind] =
                switch kind {
                case .cities: try await sayCities(because: first, in: &transaction)
                case .merchants: try await sayMerchants(because: first, in: &transaction)
                case .grants: try await sayGrants(because: first, in: &transaction)
                }
        }
        for request in batch.messages {
            let count = counts[request.kind] ?? 0
            transaction.publish(
                Republished(requestId: request.requestId, kind: request.kind, count: count), answering: request,
                with: .init(count: count))
        }
    }

    private func sayCities(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> Int64 {
        var count: Int64 = 0
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadCityPage(after: last, max: Self.pageMax))
            for city in page { transaction.publish(city.event, because: cause) }
            count += Int64(page.count)
            last = page.count == Self.pageMax ? page.last?.facts.cityId : nil
        } while last != nil
        return count
    }

    private func sayMerchants(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> Int64 {
        var count: Int64 = 0
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadMerchantPage(after: last, max: Self.pageMax))
            for merchant in page { transaction.publish(merchant.event, because: cause) }
            count += Int64(page.count)
            last = page.count == Self.pageMax ? page.last?.merchantId : nil
        } while last != nil
        return count
    }

    private func sayGrants(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> Int64 {
        var count: Int64 = 0
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadGrantPage(user: nil, after: last, max: Self.pageMax))
            for grant in page { transaction.publish(grant, because: cause) }
            count += Int64(page.count)
            last = page.count == Self.pageMax ? page.last?.grant.grantId : nil
        } while last != nil
        return count
    }
}
