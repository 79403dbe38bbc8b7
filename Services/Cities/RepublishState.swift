import Contracts
import FoundationEssentials
import Messaging

/// Says every thing of a kind again: `cities.republish.v1`.
///
/// They come in the order of ids, with new message ids and unchanged versions, and how much that was closes the series. Requests
/// for one kind that wait together share one series: it is complete for each of them. The series of several kinds are closed
/// together, behind the last of them: who takes them from one queue groups them by type, and would count too early what
/// still stands behind the first closing.
struct RepublishState: Handler {
    static let access: AccessRule<Republish> = .services
    /// Things read by one statement.
    static let pageMax = 500

    func handle(_ batch: Batch<Republish>, in transaction: inout MessageTransaction) async throws {
        var said: [Republish.Kind: CopyExtent] = [:]
        for kind in Republish.Kind.allCases {
            guard let first = batch.messages.first(where: { $0.kind == kind }) else { continue }
            said[kind] =
                switch kind {
                case .cities: try await sayCities(because: first, in: &transaction)
                case .merchants: try await sayMerchants(because: first, in: &transaction)
                case .memberships: try await sayMemberships(because: first, in: &transaction)
                case .acceptance: try await sayAcceptance(because: first, in: &transaction)
                case .grants: try await sayGrants(because: first, in: &transaction)
                }
        }
        for request in batch.messages {
            let extent = said[request.kind] ?? CopyExtent()
            transaction.publish(
                Republished(
                    requestId: request.requestId, kind: request.kind, count: extent.count, versions: extent.versions),
                answering: request, with: .init(count: extent.count))
        }
    }

    private func sayCities(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent {
        var said = CopyExtent()
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadCityPage(after: last, max: Self.pageMax))
            for city in page {
                transaction.publish(city.event, because: cause)
                said.add(version: city.version)
            }
            last = page.count == Self.pageMax ? page.last?.facts.cityId : nil
        } while last != nil
        return said
    }

    private func sayMerchants(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent {
        var said = CopyExtent()
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadMerchantPage(after: last, max: Self.pageMax))
            for merchant in page {
                transaction.publish(merchant.event, because: cause)
                said.add(version: merchant.version)
            }
            last = page.count == Self.pageMax ? page.last?.merchantId : nil
        } while last != nil
        return said
    }

    private func sayMemberships(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent {
        var said = CopyExtent()
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadMembershipPage(after: last, max: Self.pageMax))
            for membership in page {
                transaction.publish(membership.event, because: cause)
                said.add(version: membership.version)
            }
            last = page.count == Self.pageMax ? page.last?.cityId : nil
        } while last != nil
        return said
    }

    private func sayAcceptance(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent {
        var said = CopyExtent()
        var last: CityPair?
        repeat {
            let page = try await transaction.execute(ReadAcceptancePage(after: last, max: Self.pageMax))
            for acceptance in page {
                transaction.publish(acceptance.event, because: cause)
                said.add(version: acceptance.version)
            }
            last = page.count == Self.pageMax ? page.last?.pair : nil
        } while last != nil
        return said
    }

    private func sayGrants(
        because cause: Received<Republish>, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent {
        var said = CopyExtent()
        var last: UUID?
        repeat {
            let page = try await transaction.execute(ReadGrantPage(user: nil, after: last, max: Self.pageMax))
            for grant in page {
                transaction.publish(grant, because: cause)
                said.add(version: grant.version)
            }
            last = page.count == Self.pageMax ? page.last?.grant.grantId : nil
        } while last != nil
        return said
    }
}
