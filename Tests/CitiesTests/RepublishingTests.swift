import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Saying again what others keep copies of.
@Suite struct RepublishingTests {
    @Test func everyMerchantIsSaidAgainInTheOrderOfIds() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let city = sampleCity("ormoz")
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let ids = (0..<10_000).map { _ in UUID() }
            for chunk in stride(from: 0, to: ids.count, by: 1_000) {
                _ = try await bench.run(
                    RegisterMerchants(),
                    ids[chunk..<chunk + 1_000].map {
                        RegisterMerchant(merchantId: $0, cityId: city.cityId, name: "Merchant \($0)")
                    })
            }
            let request = Republish(requestId: UUID(), kind: .merchants)
            let outcome = try await bench.run(RepublishState(), [request])
            #expect(try outcome.reply(to: Republish.self).count == 10_000)
            #expect(outcome.events.count == 10_001)
            #expect(outcome.events.dropLast().allSatisfy { $0.sequence == 1 })
            #expect(try outcome.events(MerchantRegistered.self).map(\.merchantId) == ids.sorted())
            let closing = try JSONDecoder().decode(Republished.self, from: Data(outcome.events.last?.body ?? []))
            #expect(closing.requestId == request.requestId && closing.count == 10_000)
            // What was registered stands in the audit, and not a second time because it was said again.
            let audit = try await bench.audit(of: CitiesService.self)
            #expect(audit.count == 10_001)
            #expect(Set(audit.map(\.auditedId)) == Set(ids + [city.cityId]))
        }
    }

    @Test func requestsThatWaitTogetherShareASeries() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = [sampleCity("ormoz"), sampleCity("ptuj")]
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            var revised = cities[0]
            revised.languages = ["sl"]
            _ = try await bench.run(ReviseCities(), [ReviseCity(revised, expectedVersion: 1)])
            let requests = [Republish.Kind.cities, .merchants, .cities].map { Republish(requestId: UUID(), kind: $0) }
            let outcome = try await bench.run(RepublishState(), requests)
            #expect(try (0...2).map { try outcome.reply($0, to: Republish.self).count } == [2, 0, 2])
            #expect(
                try outcome.events(CityRegistered.self).map(\.city)
                    == [revised, cities[1]].sorted { $0.cityId < $1.cityId })
            let closings = try outcome.events(Republished.self)
            #expect(closings.map(\.requestId) == requests.map(\.requestId))
            #expect(outcome.events.suffix(3).allSatisfy { $0.type == Republished.type.description })
            #expect(closings.map(\.count) == [2, 0, 2])
            #expect(closings.map(\.versions) == [3, 0, 3])
        }
    }
}
