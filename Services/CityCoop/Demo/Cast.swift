import Contracts
import FoundationEssentials

/// Who and what the story is about; the same in every run.
///
/// The people and shops are invented.
enum Cast {
    /// A person of the story.
    struct Person: Hashable, Sendable {
        let id: UUID
        let name: String
        let language: String
        /// Of example.org, which belongs to nobody.
        let email: String

        /// The message that makes the person known to notifications, and to nobody else.
        var contact: SetContact {
            SetContact(personId: id, email: email, name: name, language: language)
        }
    }

    /// A shop of the story.
    struct Shop: Sendable {
        let id: UUID
        /// The slug of its city.
        let city: String
        let name: String
    }

    static let clara = Person(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0001"), name: "Clara", language: "de", email: "clara@example.org")
    static let ana = Person(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0002"), name: "Ana", language: "sl", email: "ana@example.org")
    static let bence = Person(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0003"), name: "Bence", language: "hu", email: "bence@example.org")
    static let people = [clara, ana, bence]

    static let bookshop = Shop(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0011"), city: "lendava", name: "Knjigarna Pri mostu")
    static let bakery = Shop(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0012"), city: "weiz", name: "Bäckerei am Südtirolerplatz")
    static let shops = [bookshop, bakery]

    /// What the till of the bookshop may do; a broker user of that name is made by who installs the till.
    static let tillGrant = Grant(
        grantId: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0021"), userId: "till-pri-mostu", role: .terminal,
        merchantId: bookshop.id)

    /// The seventeen cities, from the data file that is part of this program.
    static func cities() throws -> [CityFacts] {
        try JSONDecoder().decode([CityFacts].self, from: Data(PackageResources.cities_json))
    }

    private static func id(_ text: String) -> UUID {
        guard let id = UUID(text: text) else { preconditionFailure("\(text) is no UUID") }
        return id
    }
}

extension [CityFacts] {
    /// The city of that slug; the story knows only cities that are in the data file.
    func city(_ slug: String) throws -> CityFacts {
        guard let city = first(where: { $0.slug == slug }) else {
            throw CommandFailure(.refused, "There is no city \(slug) in the data.")
        }
        return city
    }
}

extension CityFacts {
    /// Its first official name.
    var officialName: String {
        (names.first { $0.kind == .official } ?? names.first)?.name ?? slug
    }

    /// Its name in the language, or the official one.
    func name(in language: String) -> String {
        names.first { $0.language == language }?.name ?? officialName
    }
}

/// What the story has made known, for its later chapters.
struct Known: Sendable {
    let cities: [CityFacts]
}
