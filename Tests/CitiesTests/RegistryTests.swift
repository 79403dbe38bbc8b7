import Contracts
import FoundationEssentials
import Testing

@testable import cities

/// What is registered, what is a repeat, and what is refused.
@Suite struct RegistryTests {
    private func city(_ slug: String, id: UUID = UUID()) -> CityFacts {
        CityFacts(
            cityId: id, slug: slug, names: [CityName(language: "sl", name: "Ormož", kind: .official)], country: "SI",
            nuts3: "SI032", lau: "087", geoNamesId: 3_193_965, position: Position(latitude: 46.4, longitude: 16.1),
            population: Population(value: 12_000, date: nil, scope: .municipality, verified: false),
            timeZone: "Europe/Ljubljana", currency: "EUR")
    }

    @Test func aCityIsRegisteredOnce() {
        let ormoz = city("ormoz")
        var registrations = CityRegistrations(known: [])
        let registered = RegisteredCity(facts: ormoz, version: 1)
        #expect(registrations.register(RegisterCity(ormoz)) == .registered(registered))
        #expect(registrations.register(RegisterCity(ormoz)) == .repeated(registered))
        var other = ormoz
        other.population.value = 12_001
        #expect(registrations.register(RegisterCity(other)) == .refused(.cityDiffers))
        #expect(registrations.register(RegisterCity(city("ormoz"))) == .refused(.slugTaken))
        #expect(registrations.changes == [registered])
        #expect(registered.reply == Registered(id: ormoz.cityId, version: 1) && registered.event.sequence == 1)
    }

    @Test func whatIsKnownFromBeforeIsNotRegisteredAgain() {
        let known = RegisteredCity(facts: city("ormoz"), version: 3)
        var registrations = CityRegistrations(known: [known])
        #expect(registrations.register(RegisterCity(known.facts)) == .repeated(known))
        #expect(registrations.register(RegisterCity(city("ormoz"))) == .refused(.slugTaken))
        #expect(registrations.register(RegisterCity(city("ptuj", id: known.facts.cityId))) == .refused(.cityDiffers))
        #expect(registrations.changes.isEmpty)
    }

    @Test func theTextThatIsSearchedHoldsEveryForm() {
        var facts = city("fuerstenfeld")
        facts.names = [
            CityName(language: "de", name: "Fürstenfeld", kind: .official),
            CityName(language: "hu", name: "Fölöstöm", kind: .exonym),
        ]
        let text = RegisteredCity(facts: facts, version: 1).searchText
        #expect(text == "foeloestoem\nfolostom\nfuerstenfeld\nfurstenfeld")
    }
}
