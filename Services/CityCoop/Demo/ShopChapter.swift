import Contracts
import FoundationEssentials

/// Shops join: two of them one by one, a street of them from a table.
struct ShopChapter {
    /// Around the middle of the city, in metres.
    private static let strollMetres = 500

    let stage: Stage
    let cities: [CityFacts]

    func tell() async throws {
        Story.chapter("Shops join")
        for shop in Cast.shops {
            let city = try cities.city(shop.city)
            _ = try await stage.ask(RegisterMerchant(merchantId: shop.id, cityId: city.cityId, name: shop.name))
            Story.tell("\(shop.name) in \(city.officialName)", by: RegisterMerchant.type)
        }
        let lendava = try cities.city(Cast.bookshop.city)
        try await importTable(of: lendava)
        try await lookAround(in: lendava)
        _ = try await stage.ask(GrantAccess(Cast.tillGrant, reason: "the story of the suite"))
        Story.tell(
            "Who logs in as \(Cast.tillGrant.userId) may take vouchers for \(Cast.bookshop.name), and may do nothing else.",
            by: GrantAccess.type)
    }

    /// The same table each time: a second telling gets the first one's report, and registers nobody twice.
    private func importTable(of city: CityFacts) async throws {
        var (registered, bad): (Int, [ImportMerchants.BadLine]) = (0, [])
        for command in try MerchantFile.commands(of: Cast.table, into: city.cityId, reason: "the story of the suite") {
            let reply = try await stage.ask(command)
            registered += reply.registered + reply.unchanged
            bad += reply.badLines
        }
        Story.tell(
            "The city office of \(city.officialName) sends a table of shops: \(registered) join.",
            by: ImportMerchants.type)
        for line in bad {
            let fields = (line.fields ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            Story.tell("Line \(line.line) waits for its shop: \(fields.joined(separator: ", ")). It stops no other.")
        }
    }

    private func lookAround(in city: CityFacts) async throws {
        let text = "cukraszda"
        let found = try await stage.ask(FindMerchants(text: text, cityId: city.cityId))
        Story.tell("Somebody looks for \"\(text)\" and finds \(names(found)).", by: FindMerchants.type)
        let here = FindMerchants.Near(
            latitude: city.position.latitude, longitude: city.position.longitude, radiusMetres: Self.strollMetres)
        let near = try await stage.ask(FindMerchants(near: here))
        Story.tell(
            "Within \(Self.strollMetres) m of the middle there are \(names(near)), the nearest first.",
            by: FindMerchants.type)
    }

    private func names(_ page: FindMerchants.Reply) -> String {
        page.merchants.map(\.merchant.name).joined(separator: ", ")
    }
}
