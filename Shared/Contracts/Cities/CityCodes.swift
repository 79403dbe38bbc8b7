// How the codes of a city look: what the classifications themselves say, no lists of what stands in them.

extension CityFacts {
    /// The digits of a municipality's code by country: Gemeindekennziffer, občina, KSH.
    private static let lauDigits = ["AT": 5, "SI": 3, "HU": 5]

    /// Notes every mistake in the codes.
    func checkCodes(_ checks: inout Checks) {
        if let lauDigits = CityFacts.lauDigits[country] {
            checks.require(
                lau.utf8.allSatisfy(Letters.digits) && lau.utf8.count == lauDigits, "lau",
                "must have \(lauDigits) digits in \(country)")
            checks.require(
                nuts3.utf8.count == 5 && nuts3.hasPrefix(country) && nuts3.utf8.allSatisfy(Letters.capitalsOrDigits),
                "nuts3", "must be \(country) and three capitals or digits")
            checks.require(
                unLocode.map(isLocode) ?? true, "unLocode",
                "must be \(country) and three capitals or digits from 2 to 9")
        } else {
            checks.require(false, "country", "must be AT, SI or HU")
        }
        checks.require(geoNamesId > 0, "geoNamesId", "must be positive")
        checks.require(
            wikidataId.map(CityFacts.isWikidata) ?? true, "wikidataId", "must be Q and a number without leading zeros")
        checks.require(
            nutsVersion.map([2003, 2006, 2010, 2013, 2016, 2021, 2024].contains) ?? true, "nutsVersion",
            "must be the year of a NUTS classification")
        checks.require(lauYear.map((1990...2100).contains) ?? true, "lauYear", "must be a year from 1990 to 2100")
        checks.require(CityFacts.isZone(timeZone), "timeZone", "must be a name as in the IANA database: Area/Place")
        if let languages {
            checks.require((1...8).contains(languages.count), "languages", "must be 1 to 8")
            checks.require(Set(languages).count == languages.count, "languages", "has one twice")
            checks.require(languages.allSatisfy(CityFacts.isLanguage), "languages", "must be tags as in BCP 47")
        }
    }

    private func isLocode(_ code: String) -> Bool {
        code.utf8.count == 5 && code.hasPrefix(country)
            && code.utf8.dropFirst(2).allSatisfy { Letters.capitalsOrDigits($0) && $0 != 0x30 && $0 != 0x31 }
    }

    private static func isWikidata(_ id: String) -> Bool {
        let digits = id.utf8.dropFirst()
        return id.utf8.first == UInt8(ascii: "Q") && (1...12).contains(digits.count)
            && digits.allSatisfy(Letters.digits) && digits.first != UInt8(ascii: "0")
    }

    /// `Area/Place`, or `Area/Region/Place`; which of them there are is the database's matter.
    private static func isZone(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && (2...3).contains(parts.count)
            && parts.allSatisfy { part in
                part.first.map(Letters.letters) ?? false
                    && part.allSatisfy { Letters.letters($0) || Letters.digits($0) || "_-+".utf8.contains($0) }
            }
    }

    /// A language of two or three letters, with subtags of two to eight letters or digits.
    private static func isLanguage(_ tag: String) -> Bool {
        let parts = tag.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let language = parts.first, (2...3).contains(language.count), parts.count <= 4 else { return false }
        return language.allSatisfy { (0x61...0x7A).contains($0) }
            && parts.dropFirst().allSatisfy { part in
                (2...8).contains(part.count) && part.allSatisfy { Letters.letters($0) || Letters.digits($0) }
            }
    }
}

extension Population {
    /// Notes every mistake in the figure.
    func check(_ checks: inout Checks) {
        checks.require((0...100_000_000).contains(value), "population", "is not a number of people in a city")
        if let date {
            checks.require(
                Day(date.utf8.count == 4 ? "\(date)-01-01" : date) != nil, "population",
                "date must be YYYY-MM-DD or YYYY")
        }
        if let source { checks.text(source, "population", max: 200) }
    }
}

/// Letters of ASCII, which codes are made of.
private enum Letters {
    static func digits(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func letters(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) && byte < 0x80 }
    static func capitalsOrDigits(_ byte: UInt8) -> Bool { digits(byte) || (0x41...0x5A).contains(byte) }
}
