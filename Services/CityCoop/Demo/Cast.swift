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
    static let station = Shop(
        id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0013"), city: "weiz", name: "Tankstelle am Weizbach")
    static let shops = [bookshop, bakery, station]
    /// Buys vouchers for its customers.
    static let company = "Sawmill Ltd"

    /// The shops that the city office of Lendava sends as a table; one of them has mistyped its account.
    static let table = PackageResources.merchants_csv

    /// What the till of the bookshop may do.
    static let tillGrant = Grant(
        grantId: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0021"), userId: "till-pri-mostu", role: .terminal,
        merchantId: bookshop.id)

    /// The seventeen cities, from the data file that is part of this program.
    static func cities() throws -> [CityFacts] {
        try JSONDecoder().decode([CityFacts].self, from: Data(PackageResources.cities_json))
    }

    /// An organisation that takes part for some of the cities.
    struct Organisation: Sendable {
        let id: UUID
        let name: String
        let role: PartnerFacts.Role
        /// The slugs of its cities.
        let cities: [String]
    }

    static let organisations = [
        Organisation(
            id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0021"), name: "Oststeirische Städtekooperation", role: .lead,
            cities: [
                "bad-radkersburg", "fehring", "feldbach", "friedberg", "fuerstenfeld", "gleisdorf", "hartberg", "weiz",
            ]),
        Organisation(
            id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0022"), name: "SRC Bistra Ptuj", role: .partner,
            cities: ["lenart", "ormoz", "ptuj"]),
        Organisation(
            id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0023"), name: "Development Centre Murska Sobota", role: .partner,
            cities: ["beltinci", "lendava", "murska-sobota"]),
        Organisation(
            id: id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0024"), name: "PORA Gornja Radgona", role: .partner,
            cities: ["gornja-radgona", "ljutomer", "radenci"]),
    ]

    /// The day on which all cities of the story become members: the same in every run, so that telling it again changes nothing.
    static let firstDay: Day = {
        guard let day = Day("2020-01-01") else { preconditionFailure("the first day is no day") }
        return day
    }()

    static let programmeId = id("6b1c1d0e-5d0a-4a7e-9b52-1f1d3a0c0041")

    /// What the city sells: the same in every run, so that telling it again changes nothing.
    static func programme(of city: CityFacts) -> SetProgramme {
        SetProgramme(
            programmeId: programmeId, issuerCityId: city.cityId, name: "\(city.officialName)-Gutschein",
            terms: ProgrammeTerms(
                currency: "EUR", denominations: [1_000, 2_500], openAmounts: AmountRange(from: 5_000, to: 50_000),
                validity: PrintedValidity(months: 60, toEndOfYear: true)),
            reason: "the story of the suite")
    }

    /// A city's account; its bank does not exist.
    struct Account: Sendable {
        let iban: Secret
        let address: PostalAddress
    }

    /// From where cities pay, by their slugs.
    static let accounts: [(city: String, account: Account)] = [
        (
            "weiz",
            Account(
                iban: Secret("AT049999900000000001"),
                address: PostalAddress(postalCode: "8160", town: "Weiz", country: "AT"))
        ),
        (
            "lendava",
            Account(
                iban: Secret("SI56999990000000102"),
                address: PostalAddress(postalCode: "9220", town: "Lendava", country: "SI"))
        ),
    ]

    /// Where shops are paid.
    static let shopAccounts: [(shop: Shop, iban: Secret)] = [
        (bookshop, Secret("SI56999990000000296")), (station, Secret("AT749999900000000002")),
    ]

    /// The tax on what shops pay for the service, in hundredths of a percent, as the story sets it where nobody has.
    static let feeVATRates = [(country: "AT", basisPoints: 2_000), (country: "SI", basisPoints: 2_200)]

    /// The message that makes a city a member.
    static func membership(of city: CityFacts) -> SetMembership {
        SetMembership(cityId: city.cityId, state: .active, from: firstDay)
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
