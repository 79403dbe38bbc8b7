import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import cities

/// How the hot statements are carried out with as many rows as there are in real work.
@Suite struct PlanTests {
    /// 10,000 merchants, and 20 years of months of ten indicators in three of the cities.
    private static let filling = """
        INSERT INTO merchant (merchant_id, city_id, name, version)
        SELECT md5('merchant' || number)::uuid, (SELECT city_id FROM city ORDER BY slug LIMIT 1), 'Shop ' || number, 1
        FROM generate_series(1, 10000) AS number;
        INSERT INTO indicator_value (city_id, indicator, first_day, last_day, value, unit, source, status, version, set_at)
        SELECT city_id, 'n' || indicator, day, day + interval '1 month - 1 day', 1, 'persons', 'office', 'final', 1, now()
        FROM (SELECT city_id FROM city ORDER BY slug LIMIT 3) AS chosen, generate_series(1, 10) AS indicator,
            generate_series(date '2004-01-01', date '2023-12-01', interval '1 month') AS day;
        INSERT INTO indicator_revision (city_id, indicator, first_day, last_day, version, value, unit, source, status,
            set_at)
        SELECT city_id, indicator, first_day, last_day, version, value, unit, source, status, set_at FROM indicator_value;
        """

    private func withRegistry(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let slugs = (1...24).map { "city-" + String(repeating: "x", count: $0) }
            _ = try await bench.run(RegisterCities(), slugs.map { RegisterCity(sampleCity($0)) })
            let connection = try await Connection.connect(to: bench.address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await body(bench)
        }
    }

    @Test func queriesKeepTheirPlans() async throws {
        let statements: [any Statement] = [
            SearchCities(key: nil, country: nil, after: nil, max: 1),
            SearchSimilarCities(key: "", country: nil, near: nil, max: 1),
            SearchCitiesNear(
                key: nil, country: nil, near: Near(latitude: 0, longitude: 0, radiusMetres: 1), max: 1),
            ReadCities(ids: [], slugs: []), SearchIndicators(query: FindIndicators(), max: 1),
            ReadIndicatorRevisions(key: try Self.key(), before: 1, max: 1),
        ]
        try await withRegistry {
            try await expectPlans(
                of: statements, at: $0.address, avoidsTableScans: false, golden: "Golden/query-plans.txt")
        }
    }

    @Test func commandsKeepTheirPlans() async throws {
        let statements: [any Statement] = [
            ReadCities(ids: [], slugs: []), FindCityIDs(ids: []), ReadMerchants(ids: []),
            LockIndicators(keys: []), InsertIndicatorRevisions(revisions: []), WriteIndicators(revisions: []),
        ]
        try await withRegistry {
            try await expectPlans(
                of: statements, at: $0.address, avoidsTableScans: true, golden: "Golden/command-plans.txt")
        }
    }

    private static func key() throws -> IndicatorKey {
        try sampleValue("1").key(in: UUID())
    }
}
