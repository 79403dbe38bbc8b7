import Contracts
import FoundationEssentials

/// The cities, the shops and the people become known.
struct FoundingChapters {
    let stage: Stage

    /// Returns what later chapters need.
    func tell() async throws -> Known {
        let cities = try Cast.cities()
        try await tellOfCities(cities)
        try await tellOfShops(cities)
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

    private func tellOfShops(_ cities: [CityFacts]) async throws {
        Story.chapter("Shops join")
        for shop in Cast.shops {
            let city = try cities.city(shop.city)
            _ = try await stage.ask(RegisterMerchant(merchantId: shop.id, cityId: city.cityId, name: shop.name))
            Story.tell("\(shop.name) in \(city.officialName)", by: RegisterMerchant.type)
        }
        _ = try await stage.ask(GrantAccess(Cast.tillGrant, reason: "the story of the suite"))
        Story.tell(
            "Who logs in as \(Cast.tillGrant.userId) may take vouchers for \(Cast.bookshop.name), and may do nothing else.",
            by: GrantAccess.type)
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
