import Contracts
import FoundationEssentials

/// The cities, the shops and the people become known.
struct FoundingChapters {
    let stage: Stage

    /// Returns what later chapters need.
    func tell() async throws -> Known {
        let cities = try Cast.cities()
        try await tellOfCities(cities)
        try await tellOfMembers(cities)
        try await ShopChapter(stage: stage, cities: cities).tell()
        try await FigureChapter(stage: stage, cities: cities).tell()
        try await tellOfPeople()
        return Known(cities: cities)
    }

    private func tellOfCities(_ cities: [CityFacts]) async throws {
        Story.chapter("\(cities.count) cities on both sides of a border become one shopping street")
        for city in cities { _ = try await stage.ask(RegisterCity(city)) }
        for (code, country) in [("AT", "Austria"), ("SI", "Slovenia"), ("HU", "Hungary")] {
            let names = cities.filter { $0.country == code }.map(\.officialName)
            if !names.isEmpty { Story.tell("\(names.count) in \(country): \(names.joined(separator: ", "))") }
        }
        Story.tell(
            "Each is one command to the service cities, which says so to whoever listens.", by: RegisterCity.type)
        for text in ["Ormoz", "Unter-Limbach", "Ormosz", "Lendwa"] {
            let reply = try await stage.ask(FindCities(text: text))
            let found = reply.cities.map(\.officialName).joined(separator: ", ")
            let spelling = reply.isSimilar == true ? ", in spite of the spelling" : ""
            Story.tell("Somebody looks for \"\(text)\" and finds \(found)\(spelling).", by: FindCities.type)
        }
        let lendava = try cities.city("lendava").position
        let near = Near(latitude: lendava.latitude, longitude: lendava.longitude, radiusMetres: 25_000)
        let neighbours = try await stage.ask(FindCities(near: near)).cities.map(\.officialName)
        Story.tell(
            "Within 25 km of Lendava there are \(neighbours.joined(separator: ", ")).", by: FindCities.type)
    }

    private func tellOfMembers(_ cities: [CityFacts]) async throws {
        Story.chapter("The cities become members, each with somebody who answers for it")
        for organisation in Cast.organisations {
            let own = try organisation.cities.map(cities.city)
            try await register(organisation, of: own)
            let role = organisation.role == .lead ? "leads, and answers for" : "answers for"
            Story.tell(
                "\(organisation.name) \(role) \(own.map(\.officialName).joined(separator: ", ")).",
                by: RegisterPartner.type)
        }
        for city in cities { _ = try await stage.ask(Cast.membership(of: city)) }
        let members = try await stage.ask(FindMembers(day: Cast.firstDay, state: .active, limit: 100)).members.count
        Story.tell("On \(Cast.firstDay) \(members) cities are active members.", by: FindMembers.type)
        let weiz = try cities.city("weiz")
        let accepted = try await stage.ask(
            FindAcceptance(day: Cast.firstDay, issuerCityId: weiz.cityId, limit: 100)
        ).accepted.count
        Story.tell(
            "What \(weiz.officialName) issues is taken in \(accepted) other cities: members take one another's vouchers.",
            by: FindAcceptance.type)
    }

    private func register(_ organisation: Cast.Organisation, of cities: [CityFacts]) async throws {
        let facts = PartnerFacts(
            partnerId: organisation.id, name: organisation.name, role: organisation.role, cityIds: cities.map(\.cityId))
        _ = try await stage.ask(RegisterPartner(facts))
    }

    private func tellOfPeople() async throws {
        Story.chapter("Three people say how they want to be told things")
        for person in Cast.people {
            _ = try await stage.ask(person.contact)
            Story.tell("\(person.name) reads \(Languages.name(of: person.language)).")
        }
        Story.tell("Only notifications knows their names; for all others they are numbers.", by: SetContact.type)
    }
}

/// The languages of the suite, for people.
enum Languages {
    static func name(of code: String) -> String {
        ["de": "German", "sl": "Slovenian", "hu": "Hungarian", "en": "English"][code] ?? code
    }
}
