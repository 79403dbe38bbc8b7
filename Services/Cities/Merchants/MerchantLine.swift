import Contracts
import Crypto
import FoundationEssentials

/// A line of an import as what it asks for: a merchant, or what is wrong with its columns.
struct MerchantLine: Sendable {
    var facts: MerchantFacts
    var iban: IBAN?
    var closedFrom: Day?

    /// Which column stands where.
    struct Header: Sendable {
        private let places: [MerchantColumn: Int]
        let count: Int

        /// Reads the line of columns; throws what is wrong with it.
        init(_ names: [String]) throws(Problem) {
            var places: [MerchantColumn: Int] = [:]
            var mistakes: [String: String] = [:]
            for (place, name) in names.enumerated() {
                guard let column = MerchantColumn(rawValue: name) else {
                    mistakes[String(name.prefix(40))] = "is no column"
                    continue
                }
                if places.updateValue(place, forKey: column) != nil { mistakes[name] = "is there twice" }
            }
            if places[.name] == nil { mistakes["name"] = "is missing" }
            guard mistakes.isEmpty else {
                throw Problem("header-invalid", "The first line does not name the columns.", fields: mistakes)
            }
            self.places = places
            count = names.count
        }

        /// What a column of a line holds, `nil` for nothing.
        func value(_ column: MerchantColumn, _ fields: [String]) -> String? {
            guard let place = places[column], place < fields.count, !fields[place].isEmpty else { return nil }
            return fields[place]
        }
    }

    /// Reads a line; throws a problem that names each column which is wrong.
    init(_ fields: [String], header: Header, cityId: UUID, importId: UUID, line: Int) throws(Problem) {
        guard fields.count <= header.count else {
            throw Problem.invalid(["columns": "has more fields than there are columns"])
        }
        var reading = Reading(header: header, fields: fields)
        let merchantId = reading.id(.merchantId) ?? StableID.make("merchant", importId.text, "\(line)")
        facts = MerchantFacts(
            merchantId: merchantId, cityId: cityId, name: reading.text(.name) ?? "",
            category: reading.text(.category), vatId: reading.text(.vatId).map(Self.withoutBlanks),
            contract: reading.contract(), feeBasisPoints: reading.number(.feeBasisPoints),
            branches: reading.branches(of: merchantId), terminals: reading.list(.terminals) ?? [],
            contactPersonId: reading.id(.contactPersonId))
        closedFrom = reading.day(.closedFrom)
        let account = reading.text(.iban).flatMap { $0.contains("*") ? nil : $0 }
        iban = account.flatMap(IBAN.init)
        reading.checks.require(account == nil || iban != nil, "iban", "is not an IBAN")
        if let closedFrom { reading.checks.day(closedFrom, "closedFrom") }
        facts.check(&reading.checks)
        try reading.checks.finish()
    }

    /// People write VAT numbers in groups.
    private static func withoutBlanks(_ text: String) -> String {
        text.filter { $0 != " " }.uppercased()
    }
}

/// Reads the columns of one line, and notes what is wrong with them.
private struct Reading {
    let header: MerchantLine.Header
    let fields: [String]
    var checks = Checks()

    func text(_ column: MerchantColumn) -> String? {
        header.value(column, fields)
    }

    /// What the column says; a mistake if it says something that cannot be read.
    private mutating func value<Value>(
        _ column: MerchantColumn, _ mistake: String, _ read: (String) -> Value?
    ) -> Value? {
        guard let text = text(column) else { return nil }
        let value = read(text)
        checks.require(value != nil, column.rawValue, mistake)
        return value
    }

    mutating func id(_ column: MerchantColumn) -> UUID? {
        value(column, "is not an id") { UUID(text: $0) }
    }

    mutating func number(_ column: MerchantColumn) -> Int? {
        value(column, "is not a number") { Int($0) }
    }

    mutating func day(_ column: MerchantColumn) -> Day? {
        value(column, "is not a day as in YYYY-MM-DD") { Day($0) }
    }

    mutating func list<Value: Decodable>(_ column: MerchantColumn) -> [Value]? {
        value(column, "is not a list in JSON") { try? JSONDecoder().decode([Value].self, from: Data($0.utf8)) }
    }

    mutating func contract() -> Period? {
        let (from, until) = (day(.contractFrom), day(.contractUntil))
        checks.require(text(.contractUntil) == nil || text(.contractFrom) != nil, "contractFrom", "is missing")
        return from.map { Period(from: $0, until: until) }
    }

    mutating func branches(of merchantId: UUID) -> [MerchantBranch] {
        let more: [MerchantBranch] = list(.moreBranches) ?? []
        let columns: [MerchantColumn] = [
            .branchId, .branchName, .street, .postalCode, .town, .country, .latitude, .longitude, .openingHours,
        ]
        guard columns.contains(where: { text($0) != nil }) else { return more }
        for column in [MerchantColumn.postalCode, .town, .country] {
            checks.require(text(column) != nil, column.rawValue, "is missing")
        }
        let branch = MerchantBranch(
            branchId: id(.branchId) ?? StableID.make("branch", merchantId.text), name: text(.branchName),
            position: position(),
            address: PostalAddress(
                street: text(.street), postalCode: text(.postalCode) ?? "", town: text(.town) ?? "",
                country: text(.country) ?? ""),
            openingHours: value(.openingHours, "must be as 1-5 08:00-12:00; 6 08:00-11:30", WeekText.hours))
        return [branch] + more
    }

    private mutating func position() -> Position? {
        let latitude = value(.latitude, "is not a number of degrees") { Double($0) }
        let longitude = value(.longitude, "is not a number of degrees") { Double($0) }
        checks.require(
            (text(.latitude) == nil) == (text(.longitude) == nil), "latitude", "latitude and longitude go together")
        guard let latitude, let longitude else { return nil }
        return Position(latitude: latitude, longitude: longitude)
    }
}

/// A week's hours as people write them in a table: `1-5 08:00-12:00; 6 08:00-11:30`.
enum WeekText {
    /// Reads days and hours; `nil` if they are anything else.
    static func hours(_ text: String) -> [OpeningHours]? {
        var week: [OpeningHours] = []
        for entry in text.split(separator: ";") {
            let words = entry.split(separator: " ")
            guard words.count == 2, let days = days(words[0]) else { return nil }
            let times = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard times.count == 2 else { return nil }
            week += days.map { OpeningHours(weekday: $0, from: times[0], until: times[1]) }
        }
        return week
    }

    /// `3`, or `1-5`.
    private static func days(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
            (1...7).contains(first), (first...7).contains(last)
        else { return nil }
        return first...last
    }
}

/// Ids that are the same every time they are made of the same: the first bytes of a hash, as version 8 (RFC 9562).
enum StableID {
    /// The id for these words.
    static func make(_ words: String...) -> UUID {
        var bytes = Array(SHA256.hash(data: Array(words.joined(separator: "\n").utf8)))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}
