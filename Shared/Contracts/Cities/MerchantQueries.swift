public import FoundationEssentials

/// Gets one merchant: `cities.get-merchant.v1`.
///
/// Refused with `merchant-unknown`.
public struct GetMerchant: Query {
    /// `cities.get-merchant.v1`.
    public static let type = MessageType(.cities, .query, "get-merchant")

    /// Which one.
    public var merchantId: UUID

    /// Makes the query.
    public init(merchantId: UUID) {
        self.merchantId = merchantId
    }

    /// The merchant.
    public struct Reply: Codable, Equatable, Sendable {
        /// What is known of it.
        public var merchant: MerchantFacts
        /// Its version.
        public var version: Int64
        /// The first day on which it takes no vouchers any more.
        public var closedFrom: Day?
        /// Country and last four of its account.
        public var ibanMasked: String?

        /// Makes the answer.
        public init(merchant: MerchantFacts, version: Int64, closedFrom: Day?, ibanMasked: String?) {
            self.merchant = merchant
            self.version = version
            self.closedFrom = closedFrom
            self.ibanMasked = ibanMasked
        }
    }
}

/// Gets the account that a merchant is paid into: `cities.get-merchant-account.v1`, for services alone.
///
/// Refused with `account-unknown`.
public struct GetMerchantAccount: Query {
    /// `cities.get-merchant-account.v1`.
    public static let type = MessageType(.cities, .query, "get-merchant-account")

    /// Whose.
    public var merchantId: UUID

    /// Makes the query.
    public init(merchantId: UUID) {
        self.merchantId = merchantId
    }

    /// The account.
    public struct Reply: Codable, Equatable, Sendable {
        /// The merchant's name.
        public var name: String
        /// The account's number.
        public var iban: Secret
        /// The merchant's version.
        public var version: Int64

        /// Makes the answer.
        public init(name: String, iban: Secret, version: Int64) {
            self.name = name
            self.iban = iban
            self.version = version
        }
    }
}

/// Finds merchants by words of their names, towns and branches, or near a point: `cities.find-merchants.v1`.
///
/// Words are found in any language, without diacritics, and where nothing has them as they are typed, with typing errors;
/// such an answer has one page. They come in the order of names, or nearest first; near a point, once for each branch there.
public struct FindMerchants: Query {
    /// `cities.find-merchants.v1`.
    public static let type = MessageType(.cities, .query, "find-merchants")

    /// A circle on the earth.
    public struct Near: Codable, Hashable, Sendable {
        /// Degrees north.
        public var latitude: Double
        /// Degrees east.
        public var longitude: Double
        /// At most 50 km.
        public var radiusMetres: Int

        /// Makes a circle.
        public init(latitude: Double, longitude: Double, radiusMetres: Int) {
            self.latitude = latitude
            self.longitude = longitude
            self.radiusMetres = radiusMetres
        }
    }

    /// Words, or parts of words; everything if absent.
    public var text: String?
    /// In one city.
    public var cityId: UUID?
    /// A code of NACE revision 2 or its beginning: `47` finds all retail.
    public var category: String?
    /// With a branch in this circle.
    public var near: Near?
    /// Leaves out who takes no vouchers any more.
    public var openOnly: Bool?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: String?

    /// Makes the query.
    public init(
        text: String? = nil, cityId: UUID? = nil, category: String? = nil, near: Near? = nil, openOnly: Bool? = nil,
        limit: Int? = nil, after: String? = nil
    ) {
        self.text = text
        self.cityId = cityId
        self.category = category
        self.near = near
        self.openOnly = openOnly
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let text { checks.text(text, "text", max: 100) }
        if let category { checks.require(NACECode.isValid(category), "category", "must be a code of NACE rev. 2") }
        if let near {
            checks.onEarth(Position(latitude: near.latitude, longitude: near.longitude), "near")
            checks.require((1...50_000).contains(near.radiusMetres), "near", "radiusMetres must be 1 to 50000")
        }
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        if let after { checks.text(after, "after", max: 100) }
        try checks.finish()
    }

    /// A merchant as it was found.
    public struct Found: Codable, Equatable, Sendable {
        /// What is known of it.
        public var merchant: MerchantFacts
        /// Its version.
        public var version: Int64
        /// The first day on which it takes no vouchers any more.
        public var closedFrom: Day?
        /// Country and last four of its account.
        public var ibanMasked: String?
        /// The branch that is near; absent unless the query says where.
        public var branchId: UUID?
        /// How far it is.
        public var distanceMetres: Int?

        /// Makes a merchant as it was found.
        public init(
            merchant: MerchantFacts, version: Int64, closedFrom: Day?, ibanMasked: String?, branchId: UUID? = nil,
            distanceMetres: Int? = nil
        ) {
            self.merchant = merchant
            self.version = version
            self.closedFrom = closedFrom
            self.ibanMasked = ibanMasked
            self.branchId = branchId
            self.distanceMetres = distanceMetres
        }
    }

    /// A page of merchants; it may hold fewer than the limit where they have much to say.
    public struct Reply: Codable, Equatable, Sendable {
        /// The merchants.
        public var merchants: [Found]
        /// What to send as `after` for the next page; absent on the last.
        public var next: String?

        /// Makes a page.
        public init(merchants: [Found], next: String?) {
            self.merchants = merchants
            self.next = next
        }
    }
}

/// Gives the branches of merchants as a map layer: `cities.find-merchants-geojson.v1`, a FeatureCollection (RFC 7946).
public struct FindMerchantsGeoJSON: Query {
    /// `cities.find-merchants-geojson.v1`.
    public static let type = MessageType(.cities, .query, "find-merchants-geojson")

    /// In one city.
    public var cityId: UUID?
    /// A code of NACE revision 2 or its beginning.
    public var category: String?
    /// Leaves out who takes no vouchers any more.
    public var openOnly: Bool?
    /// Merchants of a page, 1 to 500; 500 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(
        cityId: UUID? = nil, category: String? = nil, openOnly: Bool? = nil, limit: Int? = nil, after: UUID? = nil
    ) {
        self.cityId = cityId
        self.category = category
        self.openOnly = openOnly
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let category { checks.require(NACECode.isValid(category), "category", "must be a code of NACE rev. 2") }
        if let limit { checks.require((1...500).contains(limit), "limit", "must be 1 to 500") }
        try checks.finish()
    }

    /// A branch that has a position.
    public struct Feature: Codable, Equatable, Sendable {
        /// A point: longitude, then latitude.
        public struct Point: Codable, Equatable, Sendable {
            /// `Point`.
            public var type: String
            /// Longitude and latitude.
            public var coordinates: [Double]

            /// Makes a point.
            public init(_ position: Position) {
                type = "Point"
                coordinates = [position.longitude, position.latitude]
            }
        }

        /// What is known of the branch.
        public struct Properties: Codable, Equatable, Sendable {
            /// Whose branch it is.
            public var merchantId: UUID
            /// Where the merchant is.
            public var cityId: UUID
            /// The merchant's name.
            public var name: String
            /// What tells the branch from the others.
            public var branchName: String?
            /// NACE revision 2.
            public var category: String?
            /// Where it is.
            public var address: PostalAddress

            /// Makes the properties of a merchant's branch.
            public init(_ merchant: MerchantFacts, _ branch: MerchantBranch) {
                merchantId = merchant.merchantId
                cityId = merchant.cityId
                name = merchant.name
                branchName = branch.name
                category = merchant.category
                address = branch.address
            }
        }

        /// `Feature`.
        public var type: String
        /// The branch's id.
        public var id: UUID
        /// Where it is on the map.
        public var geometry: Point
        /// What is known of it.
        public var properties: Properties

        /// Makes a feature; `nil` for a branch without a position.
        public init?(_ merchant: MerchantFacts, _ branch: MerchantBranch) {
            guard let position = branch.position else { return nil }
            type = "Feature"
            id = branch.branchId
            geometry = Point(position)
            properties = Properties(merchant, branch)
        }
    }

    /// A page of branches in the order of their merchants' ids.
    public struct Reply: Codable, Equatable, Sendable {
        /// `FeatureCollection`.
        public var type: String
        /// The branches.
        public var features: [Feature]
        /// What to send as `after` for the next page; absent on the last.
        public var next: UUID?

        /// Makes a page.
        public init(features: [Feature], next: UUID?) {
            type = "FeatureCollection"
            self.features = features
            self.next = next
        }
    }
}
