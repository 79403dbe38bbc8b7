import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells what was owed at the end of a day, by the age of the vouchers: `vouchers.get-liability.v1`.
struct TellLiability: QueryHandler {
    static let access: AccessRule<GetLiability> = .editors { $0.cityId }
    private static let citiesMax = 50

    func answer(_ query: GetLiability, from asker: Asker, reading database: Pool) async throws -> GetLiability.Reply {
        let limit = query.limit ?? Self.citiesMax
        let day = query.day ?? Day(of: Timestamp(Date()))
        let (cities, states) = try await database.execute(
            ListCities(cityId: query.cityId, after: query.after, max: Int64(limit) + 1),
            ReadProgress(settlingSeconds: 0))
        let page = Array(cities.prefix(limit))
        let rows = try await database.execute(ReadLiability(cities: page, day: day.date))
        return GetLiability.Reply(
            day: day, postedUntil: states.first.map { Timestamp($0.postedUntil) } ?? Timestamp(milliseconds: 0),
            lines: Ageing.lines(of: rows, on: day), next: cities.count > limit ? page.last : nil)
    }
}

/// What is owed for the vouchers of one month of issue.
struct OwedCohort: Hashable, Sendable {
    var key: CohortKey
    var owed: Int64
    var held: Int64
}

/// Puts what is owed into the ages of a report.
enum Ageing {
    /// Where each age begins, in months; the last has no end.
    static let months = [0, 3, 6, 12, 24, 36, 60]

    /// The lines of cities and currencies; cohorts that owe nothing leave no trace.
    ///
    /// - Parameter rows: By city, then by currency.
    static func lines(of rows: [OwedCohort], on day: Day) -> [GetLiability.Line] {
        var lines: [GetLiability.Line] = []
        var ages: [Int64] = []
        func close() {
            guard let last = lines.indices.last else { return }
            lines[last].ages = zip(months.indices, ages).compactMap { place, owed in
                let end = place + 1 < months.count ? months[place + 1] : nil
                return owed == 0 ? nil : GetLiability.Age(fromMonths: months[place], beforeMonths: end, owed: owed)
            }
        }
        for row in rows where row.owed != 0 || row.held != 0 {
            if lines.last?.issuerCityId != row.key.issuerCityId || lines.last?.currency != row.key.currency {
                close()
                lines.append(
                    .init(issuerCityId: row.key.issuerCityId, currency: row.key.currency, owed: 0, held: 0, ages: []))
                ages = months.map { _ in 0 }
            }
            lines[lines.count - 1].owed &+= row.owed
            lines[lines.count - 1].held &+= row.held
            let age = Month(of: day).number - Month(of: Day(row.key.cohort)).number
            ages[months.lastIndex { $0 <= age } ?? 0] &+= row.owed
        }
        close()
        return lines
    }
}
