import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// The most lines of one answer.
private let linesMax = 500

/// Tells whose vouchers were spent where: `vouchers.get-redemption-matrix.v1`.
struct TellRedemptionMatrix: QueryHandler {
    static let access: AccessRule<GetRedemptionMatrix> = .editors { $0.cityId }

    func answer(
        _ query: GetRedemptionMatrix, from asker: Asker, reading database: Pool
    ) async throws -> GetRedemptionMatrix.Reply {
        let limit = query.limit ?? linesMax
        let found = try await database.execute(ReadMatrix(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        let next = found.count > limit ? page.last : nil
        return GetRedemptionMatrix.Reply(
            cells: page,
            next: next.map { .init(issuerCityId: $0.issuerCityId, cityId: $0.cityId, currency: $0.currency) })
    }
}

/// Lists what was sold and spent by month, city and category: `vouchers.find-monthly-figures.v1`.
struct ListMonthlyFigures: QueryHandler {
    static let access: AccessRule<FindMonthlyFigures> = .editors { $0.cityId }

    func answer(
        _ query: FindMonthlyFigures, from asker: Asker, reading database: Pool
    ) async throws -> FindMonthlyFigures.Reply {
        let limit = query.limit ?? linesMax
        let found = try await database.execute(ReadMonthlyFigures(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        let next = found.count > limit ? page.last : nil
        return FindMonthlyFigures.Reply(
            lines: page,
            next: next.map {
                .init(month: $0.month, cityId: $0.cityId, currency: $0.currency, category: $0.category)
            })
    }
}

/// Lists what became of the vouchers of each month: `vouchers.find-cohorts.v1`.
struct ListCohorts: QueryHandler {
    static let access: AccessRule<FindCohorts> = .editors { $0.cityId }

    func answer(_ query: FindCohorts, from asker: Asker, reading database: Pool) async throws -> FindCohorts.Reply {
        let limit = query.limit ?? linesMax
        let found = try await database.execute(ReadCohorts(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        let next = found.count > limit ? page.last : nil
        return FindCohorts.Reply(
            cohorts: page,
            next: next.map { .init(month: $0.month, issuerCityId: $0.issuerCityId, currency: $0.currency) })
    }
}
