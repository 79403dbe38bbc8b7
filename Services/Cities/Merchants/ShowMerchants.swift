import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Gets one merchant: `cities.get-merchant.v1`.
struct GetMerchantByID: QueryHandler {
    static let access: AccessRule<GetMerchant> = .everyone
    func answer(_ query: GetMerchant, from asker: Asker, reading database: Pool) async throws -> GetMerchant.Reply {
        guard let merchant = try await database.execute(ReadMerchants(ids: [query.merchantId])).first else {
            throw RegistryRefusalReason.merchantUnknown.problem
        }
        return merchant.shown
    }
}

/// Gets the account that a merchant is paid into: `cities.get-merchant-account.v1`.
struct GetAccountOfMerchant: QueryHandler {
    static let access: AccessRule<GetMerchantAccount> = .services

    let accounts: BankAccounts

    func answer(
        _ query: GetMerchantAccount, from asker: Asker, reading database: Pool
    ) async throws -> GetMerchantAccount.Reply {
        let found = try await database.execute(ReadMerchants(ids: [query.merchantId])).first
        guard let merchant = found, let account = merchant.account else {
            throw Problem("account-unknown", "There is no account of this merchant.")
        }
        return GetMerchantAccount.Reply(
            name: merchant.facts.name, iban: try accounts.number(account, of: merchant.merchantId),
            version: merchant.version)
    }
}

/// Finds merchants by words or near a point, page by page: `cities.find-merchants.v1`.
struct FindMerchantsByName: QueryHandler {
    static let access: AccessRule<FindMerchants> = .everyone
    /// Merchants on a page unless the query says otherwise.
    static let pageDefault = 25
    /// About how many bytes an answer may have, which no merchant alone has.
    static let bytesMax = 240 << 10

    func answer(
        _ query: FindMerchants, from asker: Asker, reading database: Pool
    ) async throws -> FindMerchants.Reply {
        let key = query.text.flatMap(MerchantNames.searchKey)
        // Nothing but signs was typed: no name has a part like that.
        if query.text != nil && key == nil { return FindMerchants.Reply(merchants: [], next: nil) }
        let limit = query.limit ?? Self.pageDefault
        if let near = query.near {
            let filter = MerchantFilter(query, pattern: key.map(MerchantNames.pattern))
            return try await nearest(SearchNearMerchants(filter, near, after: query.after, max: limit + 1), database)
        }
        let search = SearchMerchants(
            filter: MerchantFilter(query, pattern: key.map(MerchantNames.pattern)),
            after: query.after.flatMap { UUID(text: $0) }, max: limit + 1)
        if query.after != nil && search.after == nil { return FindMerchants.Reply(merchants: [], next: nil) }
        let (_, found) = try await database.execute(PlanForParameters(), search)
        if let key, found.isEmpty, query.after == nil, key.count >= MerchantNames.lettersMin {
            let similar = SearchSimilarMerchants(filter: MerchantFilter(query, pattern: key), max: limit)
            let (_, merchants) = try await database.execute(PlanForParameters(), similar)
            return Self.page(merchants, limit: limit) { _ in nil }
        }
        return Self.page(found, limit: limit) { $0.merchant.merchantId.text }
    }

    private func nearest(
        _ search: SearchNearMerchants, _ database: Pool
    ) async throws -> FindMerchants.Reply {
        let (_, found) = try await database.execute(PlanNearestFirst(), search)
        return Self.page(found, limit: search.max - 1) { last in
            last.chord.flatMap { chord in last.branchId.map { "\(chord) \($0.text)" } }
        }
    }

    /// As many as fit, and where the next page begins.
    private static func page(
        _ found: [FoundMerchant], limit: Int, cursor: (FoundMerchant) -> String?
    ) -> FindMerchants.Reply {
        var bytes = 0
        let fitting = found.prefix(limit).prefix { found in
            bytes += found.merchant.bytes
            return bytes <= bytesMax
        }
        return FindMerchants.Reply(
            merchants: fitting.map(\.found), next: found.count > fitting.count ? fitting.last.flatMap(cursor) : nil)
    }
}

/// Gives branches as a map layer: `cities.find-merchants-geojson.v1`.
struct MapMerchants: QueryHandler {
    static let access: AccessRule<FindMerchantsGeoJSON> = .everyone
    /// Merchants of a page unless the query says otherwise.
    static let pageMax = 500

    func answer(
        _ query: FindMerchantsGeoJSON, from asker: Asker, reading database: Pool
    ) async throws -> FindMerchantsGeoJSON.Reply {
        let limit = query.limit ?? Self.pageMax
        let (_, found) = try await database.execute(
            PlanForParameters(), SearchMappedMerchants(query, max: limit + 1))
        var bytes = 0
        let page = found.prefix(limit).prefix { merchant in
            bytes += 700 + merchant.facts.branches.count * 500
            return bytes <= FindMerchantsByName.bytesMax
        }
        return FindMerchantsGeoJSON.Reply(
            features: page.flatMap { merchant in
                merchant.facts.branches.compactMap { FindMerchantsGeoJSON.Feature(merchant.facts, $0) }
            },
            next: found.count > page.count ? page.last?.merchantId : nil)
    }
}
