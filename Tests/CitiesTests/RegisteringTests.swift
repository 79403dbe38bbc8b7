import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Registering cities and merchants on a real database.
@Suite struct RegisteringTests {
    @Test func aCityIsRegisteredAndSaidOnce() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let ormoz = sampleCity("ormoz")
            let first = try await bench.run(RegisterCities(), [RegisterCity(ormoz)])
            #expect(try first.reply(to: RegisterCity.self) == Registered(id: ormoz.cityId, version: 1))
            #expect(try first.events(CityRegistered.self).map(\.city) == [ormoz])
            #expect(first.events.map(\.sequence) == [1])

            let repeated = try await bench.run(RegisterCities(), [RegisterCity(ormoz)])
            #expect(try repeated.reply(to: RegisterCity.self) == Registered(id: ormoz.cityId, version: 1))
            #expect(repeated.events.isEmpty)
            #expect(try await bench.ask(GetCityBySlugOrID(), GetCity(slug: "ormoz")).city == ormoz)
            #expect(try await bench.ask(GetCityBySlugOrID(), GetCity(cityId: ormoz.cityId)).version == 1)
        }
    }

    @Test func aBatchHoldsNewKnownAndRefusedCities() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let (ormoz, ptuj) = (sampleCity("ormoz"), sampleCity("ptuj"))
            _ = try await bench.run(RegisterCities(), [RegisterCity(ormoz)])
            var moved = ormoz
            moved.position.latitude += 1e-9
            let outcome = try await bench.run(
                RegisterCities(),
                [
                    RegisterCity(moved), RegisterCity(ptuj), RegisterCity(ptuj), RegisterCity(sampleCity("ormoz")),
                    RegisterCity(sampleCity("ptuj")),
                ])
            #expect(
                (0...4).map { outcome.problem($0)?.code } == ["city-differs", nil, nil, "slug-taken", "slug-taken"])
            #expect(try outcome.events(CityRegistered.self).map(\.city.slug) == ["ptuj"])
            #expect(
                try outcome.events(CityRefused.self).map(\.code) == ["city-differs", "slug-taken", "slug-taken"])
            #expect(try await bench.ask(GetCityBySlugOrID(), GetCity(cityId: ormoz.cityId)).city == ormoz)
        }
    }

    @Test func twoInstancesCannotGiveOneSlugTwice() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            for round in 0..<10 {
                let slug = "city" + String(repeating: "x", count: round)
                async let one = bench.run(
                    RegisterCities(), [RegisterCity(sampleCity(slug)), RegisterCity(sampleCity(slug + "-a"))])
                async let other = bench.run(
                    RegisterCities(), [RegisterCity(sampleCity(slug + "-b")), RegisterCity(sampleCity(slug))])
                let codes = [try await one.problem(0)?.code, try await other.problem(1)?.code]
                #expect(codes.contains(nil) && codes.contains("slug-taken"), "\(codes)")
            }
        }
    }

    @Test func aMerchantIsRegisteredInACityThatIsKnown() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let ormoz = sampleCity("ormoz")
            let known = RegisterMerchant(merchantId: UUID(), cityId: ormoz.cityId, name: "Knjigarna")
            let early = try await bench.run(RegisterMerchants(), [known])
            #expect(early.problem()?.code == "city-unknown")
            #expect(try early.events(MerchantRefused.self).map(\.code) == ["city-unknown"])

            _ = try await bench.run(RegisterCities(), [RegisterCity(ormoz)])
            var other = known
            other.name = "Bukvarna"
            let outcome = try await bench.run(RegisterMerchants(), [known, known, other])
            #expect(try outcome.reply(0, to: RegisterMerchant.self) == Registered(id: known.merchantId, version: 1))
            #expect(try outcome.reply(1, to: RegisterMerchant.self) == Registered(id: known.merchantId, version: 1))
            #expect(outcome.problem(2)?.code == "merchant-differs")
            #expect(try outcome.events(MerchantRegistered.self).map(\.name) == ["Knjigarna"])

            let later = try await bench.run(RegisterMerchants(), [other, known])
            #expect(later.problem(0)?.code == "merchant-differs")
            #expect(try later.reply(1, to: RegisterMerchant.self).version == 1)
            #expect(try later.events(MerchantRegistered.self).isEmpty)
        }
    }

    @Test func anUnknownCityIsRefused() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let problem = await #expect(throws: Problem.self) {
                try await bench.ask(GetCityBySlugOrID(), GetCity(slug: "atlantis"))
            }
            #expect(problem?.code == "city-unknown")
        }
    }
}
