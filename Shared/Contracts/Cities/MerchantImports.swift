public import FoundationEssentials

/// Registers the merchants of a CSV file in a city, line by line: `cities.import-merchants.v1`.
///
/// A bad line never stops the good ones. The columns are in the README of cities; `merchantId` may be left out, then it is
/// derived from the import and the line. The same import, or part of one, sent again has the first answer and no second
/// effect. A merchant that is registered with the same content is counted as unchanged.
///
/// Refused with `city-unknown`, `header-invalid` (a column is unknown, twice there or missing) and `import-differs` (this
/// part was imported with other content).
public struct ImportMerchants: ReasonedCommand {
    /// `cities.import-merchants.v1`.
    public static let type = MessageType(.cities, .command, "import-merchants")
    /// It may take long.
    public static let queue = QueueName.bulk

    /// Chosen by the sender, one for a file.
    public var importId: UUID
    /// Where the merchants are.
    public var cityId: UUID
    /// RFC 4180 in UTF-8, with commas or semicolons, the first line naming the columns; hidden, because it holds accounts.
    public var csv: Secret
    /// Which part of the file this is, counted from 1; 1 if absent.
    public var partNumber: Int?
    /// How many parts the file has, each with the line of columns; 1 if absent.
    public var partCount: Int?
    /// The file's line that stands behind the line of columns here; 2 if absent.
    public var firstLine: Int?
    /// Why, for the audit.
    public var reason: String?

    /// The most text in one message.
    public static let bytesMax = 900 << 10
    /// The most lines in one message.
    public static let linesMax = 20_000
    /// The most parts of one file.
    public static let partsMax = 10_000

    /// Makes the command.
    public init(
        importId: UUID, cityId: UUID, csv: Secret, partNumber: Int? = nil, partCount: Int? = nil,
        firstLine: Int? = nil, reason: String? = nil
    ) {
        self.importId = importId
        self.cityId = cityId
        self.csv = csv
        self.partNumber = partNumber
        self.partCount = partCount
        self.firstLine = firstLine
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { importId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        let text = csv.revealed.utf8
        checks.require((1...Self.bytesMax).contains(text.count), "csv", "must have 1 to \(Self.bytesMax) bytes")
        if text.count <= Self.bytesMax {
            let lines = text.count { $0 == 0x0A || $0 == 0x0D }
            checks.require(lines <= Self.linesMax, "csv", "must have at most \(Self.linesMax) lines")
        }
        let count = partCount ?? 1
        checks.require((1...Self.partsMax).contains(count), "partCount", "must be 1 to \(Self.partsMax)")
        checks.require(
            (1...max(1, min(count, Self.partsMax))).contains(partNumber ?? 1), "partNumber", "must be 1 to partCount")
        checks.require((2...1_000_000_000).contains(firstLine ?? 2), "firstLine", "must be 2 or more")
        checks.statedReason(reason)
        try checks.finish()
    }

    /// A line that was not imported.
    public struct BadLine: Codable, Equatable, Sendable {
        /// Its number in the file, counted from 1.
        public var line: Int
        /// Why: `csv-malformed`, `invalid`, `merchant-differs`, `person-erased`.
        public var code: String
        /// The columns that are wrong, and what is wrong with each; never what stands in them.
        public var fields: [String: String]?

        /// Makes a bad line.
        public init(line: Int, code: String, fields: [String: String]? = nil) {
            self.line = line
            self.code = code
            self.fields = fields
        }
    }

    /// What became of a part.
    public struct Reply: Codable, Equatable, Sendable {
        /// Lines with something in them, without the line of columns.
        public var lines: Int
        /// Merchants that are new.
        public var registered: Int
        /// Merchants that were registered like this before.
        public var unchanged: Int
        /// Lines that were not imported.
        public var bad: Int
        /// The first hundred of them; `cities.get-import-report.v1` has all.
        public var badLines: [BadLine]

        /// Makes an answer.
        public init(lines: Int, registered: Int, unchanged: Int, bad: Int, badLines: [BadLine]) {
            self.lines = lines
            self.registered = registered
            self.unchanged = unchanged
            self.bad = bad
            self.badLines = badLines
        }
    }
}

/// Gets what became of an import: `cities.get-import-report.v1`.
///
/// Refused with `import-unknown`, also if it went into another city.
public struct GetImportReport: Query {
    /// `cities.get-import-report.v1`.
    public static let type = MessageType(.cities, .query, "get-import-report")

    /// Which one.
    public var importId: UUID
    /// Where its merchants are.
    public var cityId: UUID
    /// Bad lines of a page, 1 to 100; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Int?

    /// Makes the query.
    public init(importId: UUID, cityId: UUID, limit: Int? = nil, after: Int? = nil) {
        self.importId = importId
        self.cityId = cityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        if let after { checks.require(after >= 0, "after", "must be the next of an answer") }
        try checks.finish()
    }

    /// What became of the parts that have been imported so far.
    public struct Reply: Codable, Equatable, Sendable {
        /// Parts that have been imported.
        public var parts: Int
        /// Parts that the file has.
        public var partCount: Int
        /// Lines with something in them, without the line of columns.
        public var lines: Int
        /// Merchants that are new.
        public var registered: Int
        /// Merchants that were registered like this before.
        public var unchanged: Int
        /// Lines that were not imported.
        public var bad: Int
        /// A page of them, in the order of lines.
        public var badLines: [ImportMerchants.BadLine]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Int?

        /// Makes an answer.
        public init(
            parts: Int, partCount: Int, lines: Int, registered: Int, unchanged: Int, bad: Int,
            badLines: [ImportMerchants.BadLine], next: Int?
        ) {
            self.parts = parts
            self.partCount = partCount
            self.lines = lines
            self.registered = registered
            self.unchanged = unchanged
            self.bad = bad
            self.badLines = badLines
            self.next = next
        }
    }
}
