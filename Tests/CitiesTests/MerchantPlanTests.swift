import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import cities

/// How the searches are carried out among 10,000 merchants, and how long they take.
@Suite(.serialized) struct MerchantPlanTests {
    /// Names of three words in all combinations, in 24 cities, around one point.
    private static let filling = """
        INSERT INTO merchant (merchant_id, city_id, name, category, search_text, sort_name, version, branches)
        SELECT md5('merchant' || n)::uuid, (SELECT city_id FROM city ORDER BY slug OFFSET n % 24 LIMIT 1), name,
            '47.' || 10 + n % 90, name, name, 1, jsonb_build_array(jsonb_build_object(
                'branchId', md5('branch' || n)::uuid, 'position', jsonb_build_object('latitude', 46.5, 'longitude', 16),
                'address', jsonb_build_object('postalCode', '2270', 'town', 'ormoz', 'country', 'SI')))
        FROM generate_series(0, 9999) AS n, LATERAL (SELECT concat_ws(' ',
            (ARRAY['pekarna', 'mesarija', 'knjigarna', 'gostilna', 'trgovina', 'cvetlicarna', 'backerei', 'cukraszda'])[1 + n % 8],
            translate(n::text, '0123456789', 'aeiouklmnr'), translate((n * 7919)::text, '0123456789', 'stzvbgdpri'))) AS named (name);
        INSERT INTO merchant_branch (merchant_id, branch_id, place)
        SELECT md5('merchant' || n)::uuid, md5('branch' || n)::uuid, cube(ARRAY[
            6371008.8 * cos(radians(46 + n % 100 / 100.0)) * cos(radians(15.5 + n / 100 / 100.0)),
            6371008.8 * cos(radians(46 + n % 100 / 100.0)) * sin(radians(15.5 + n / 100 / 100.0)),
            6371008.8 * sin(radians(46 + n % 100 / 100.0))])
        FROM generate_series(0, 9999) AS n;
        ANALYZE merchant;
        ANALYZE merchant_branch;
        """

    private func withMerchants(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = (1...24).map { number in
                sampleCity(
                    "city-" + String(repeating: "x", count: number),
                    id: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number))))
            }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            let connection = try await Connection.connect(to: bench.address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await body(bench)
        }
    }

    private static let city = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
    private static let near = FindMerchants.Near(latitude: 46.5, longitude: 16, radiusMetres: 2_000)
    private static let far = FindMerchants.Near(latitude: 46.5, longitude: 16, radiusMetres: 50_000)

    @Test func searchesKeepTheirPlans() async throws {
        try await withMerchants { bench in
            var text = ""
            func explain<S: Statement>(
                _ title: String, _ statement: S, after planning: some Statement = PlanForParameters()
            ) async throws {
                let (_, lines) = try await bench.database.execute(planning, Explain(statement: statement))
                text += "\(title)\n\(lines.map { "  \($0)" }.joined(separator: "\n"))\n\n"
            }
            func filter(_ query: FindMerchants, _ pattern: String? = nil) -> MerchantFilter {
                MerchantFilter(query, pattern: pattern)
            }
            let all = FindMerchants()
            try await explain("words", SearchMerchants(filter: filter(all, "%knjigarna%kle%"), after: nil, max: 26))
            try await explain("everything", SearchMerchants(filter: filter(all), after: nil, max: 26))
            try await explain(
                "one city", SearchMerchants(filter: filter(FindMerchants(cityId: Self.city)), after: nil, max: 26))
            try await explain(
                "a page further on", SearchMerchants(filter: filter(all), after: Self.city, max: 26))
            try await explain("words like those", SearchSimilarMerchants(filter: filter(all, "knjgarna kle"), max: 25))
            for (title, circle) in [("near", Self.near), ("far around", Self.far)] {
                try await explain(
                    title, SearchNearMerchants(filter(all), circle, after: nil, max: 26), after: PlanNearestFirst())
            }
            try await explain("a map", SearchMappedMerchants(FindMerchantsGeoJSON(), max: 501))
            #expect(!text.contains("Seq Scan"))
            let golden = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "Golden/merchant-plans.txt")
            // The point of a circle in metres is no part of a plan worth keeping.
            let plans = text.replacing(#/\([-0-9.e, ()]+\)'::cube/#, with: "(…)'::cube").replacing(
                #/'[-0-9.]+'::double precision/#, with: "…")
            if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil {
                try Data(plans.utf8).write(to: golden)
            }
            let kept = try? String(contentsOf: golden, encoding: .utf8)
            #expect(kept == plans, "CITYCOOP_WRITE_GOLDEN=1 writes the file anew")
        }
    }

    /// Prints how long each kind of search takes; what it may take depends on the machine and the build.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CITYCOOP_MEASURE"] != nil))
    func searchesAreQuick() async throws {
        let queries: [(String, FindMerchants)] = [
            ("a word", FindMerchants(text: "knjigarna")), ("two words", FindMerchants(text: "mesarija ekl")),
            ("a part", FindMerchants(text: "ekl")), ("a typing error", FindMerchants(text: "knjgarna ekl")),
            ("nothing like it", FindMerchants(text: "elektronika")), ("everything", FindMerchants()),
            ("one city", FindMerchants(cityId: Self.city)), ("a category", FindMerchants(category: "47.55")),
            ("near", FindMerchants(near: Self.near)), ("far around", FindMerchants(near: Self.far)),
            ("far around, a word", FindMerchants(text: "knjigarna", near: Self.far)),
        ]
        try await withMerchants { bench in
            for (name, query) in queries {
                var times: [Double] = []
                for _ in 0..<500 {
                    let time = try await ContinuousClock().measure {
                        _ = try await bench.ask(FindMerchantsByName(), query)
                    }
                    times.append(time / .milliseconds(1))
                }
                times.sort()
                Swift.print("find-merchants, \(name): p50 \(times[250]) ms, p99 \(times[494]) ms")
            }
        }
    }
}

/// Has the server say how it would carry out a statement.
private struct Explain<S: Statement>: Statement {
    static var sql: String { "EXPLAIN (COSTS OFF) \(S.sql)" }
    var statement: S

    func bind(_ parameters: inout Parameters) {
        statement.bind(&parameters)
    }

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}
