import Contracts
import Messaging
import Postgres

/// Finds present values of indicators: `cities.find-indicators.v1`.
struct FindIndicatorValues: QueryHandler {
    static let access: AccessRule<FindIndicators> = .everyone
    /// Values on a page unless the query says otherwise.
    static let pageDefault = 100

    func answer(
        _ query: FindIndicators, from asker: Asker, reading database: Pool
    ) async throws -> FindIndicators.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(SearchIndicators(query: query, max: limit + 1))
        let page = found.prefix(limit)
        return FindIndicators.Reply(values: Array(page), next: found.count > limit ? page.last?.key : nil)
    }
}

/// Gets every version of a value: `cities.get-indicator-history.v1`.
///
/// For the city's editors: it says who did what, and why.
struct GetIndicatorRevisions: QueryHandler {
    static let access: AccessRule<GetIndicatorHistory> = .editors(of: \.cityId)
    /// Versions on a page unless the query says otherwise.
    static let pageDefault = 100

    func answer(
        _ query: GetIndicatorHistory, from asker: Asker, reading database: Pool
    ) async throws -> GetIndicatorHistory.Reply {
        let limit = query.limit ?? Self.pageDefault
        let key = IndicatorKey(cityId: query.cityId, indicator: query.indicator, period: query.period)
        let found = try await database.execute(
            ReadIndicatorRevisions(key: key, before: query.after ?? .max, max: limit + 1))
        if found.isEmpty && query.after == nil {
            throw Problem("indicator-unknown", "There is no such value.")
        }
        let page = found.prefix(limit)
        return GetIndicatorHistory.Reply(
            revisions: Array(page), next: found.count > limit ? page.last?.version : nil)
    }
}

extension FindIndicators.Value {
    /// Where it stands among the others.
    var key: IndicatorKey { IndicatorKey(cityId: cityId, indicator: indicator, period: period) }
}
