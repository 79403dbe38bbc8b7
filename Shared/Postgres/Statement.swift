/// One SQL statement with its parameters and the shape of its rows.
///
/// A statement is prepared on first use of each connection. Its SQL is one statement; `$1`, `$2`, … are what ``bind(_:)``
/// adds, in order. Work on many rows is one statement over arrays: `FROM unnest($1::uuid[], $2::bigint[])`.
///
/// ```swift
/// struct ReadBalances: Statement {
///     static let sql = "SELECT id, balance FROM voucher WHERE id = ANY($1) ORDER BY id"
///     let ids: [UUID]
///
///     func bind(_ parameters: inout Parameters) {
///         parameters.add(ids)
///     }
///
///     static func row(_ columns: inout Columns) throws -> (id: UUID, balance: Int) {
///         (try columns.next(), try columns.next())
///     }
/// }
/// ```
public protocol Statement: Sendable {
    /// What ``row(_:)`` makes of one row; Void for a statement whose rows nobody reads.
    associatedtype Row: Sendable = Void

    /// The text, the same for every instance.
    static var sql: String { get }

    /// Adds the parameters: always the same number, of the same types.
    func bind(_ parameters: inout Parameters)

    /// Reads one row: every column, in order, and only then judges what it has read.
    static func row(_ columns: inout Columns) throws -> Row
}

extension Statement {
    /// No parameters.
    public func bind(_ parameters: inout Parameters) {}
}

extension Statement where Row == Void {
    /// Reads nothing.
    public static func row(_ columns: inout Columns) {
        columns.skipRest()
    }
}

/// The parameters of the statements of one flight, in one buffer.
public struct Parameters: Sendable {
    /// The values one behind the other.
    ///
    /// The first byte belongs to none of them: so there is always an address, and an empty value is not mistaken for NULL,
    /// which libpq writes as a null pointer.
    private(set) var bytes: [UInt8] = [0]
    /// Where each value begins; -1 for NULL.
    private(set) var offsets: [Int] = []
    /// How long each value is.
    private(set) var lengths: [Int32] = []
    /// 1 for each value, libpq's word for binary.
    private(set) var formats: [Int32] = []
    /// The types of the server.
    private(set) var types: [UInt32] = []

    /// How many there are.
    var count: Int { types.count }

    /// Adds the next parameter.
    public mutating func add<Value: PostgresValue>(_ value: Value) {
        types.append(Value.postgresType.oid)
        formats.append(1)
        guard !value.isNull else {
            offsets.append(-1)
            lengths.append(0)
            return
        }
        let start = bytes.count
        value.encode(into: &bytes)
        offsets.append(start)
        lengths.append(Int32(clamping: bytes.count - start))
    }

    /// Adds the parameters of another flight.
    mutating func append(_ other: Parameters) {
        let shift = bytes.count
        bytes.append(contentsOf: other.bytes)
        offsets.append(contentsOf: other.offsets.map { $0 < 0 ? $0 : $0 + shift })
        lengths.append(contentsOf: other.lengths)
        formats.append(contentsOf: other.formats)
        types.append(contentsOf: other.types)
    }
}

/// The columns of one row, from left to right.
public struct Columns: ~Copyable {
    private enum Source {
        /// A row of a result.
        case row(Int, ServerResult)
        /// No result: every value is a sample, for ``StatementCheck``.
        case samples
    }

    private let source: Source
    private var position = 0
    private var skipsRest = false
    /// What has been asked for, when the values are samples.
    private(set) var asked: [PostgresType] = []

    init(row: Int, of result: ServerResult) {
        source = .row(row, result)
    }

    /// Columns that answer with samples and note what they are asked.
    init() {
        source = .samples
    }

    /// Reads the next column, whose type must be the one that `Value` stands for.
    public mutating func next<Value: PostgresValue>(_ type: Value.Type = Value.self) throws(PostgresError) -> Value {
        defer { position += 1 }
        switch source {
        case .row(let row, let result):
            return try result.value(row: row, column: position, as: type)
        case .samples:
            asked.append(Value.postgresType)
            guard let sample = Value.sample else {
                throw PostgresError(.decoding, "\(Value.self) has no sample: declare one, or conform to CaseIterable")
            }
            return sample
        }
    }

    mutating func skipRest() {
        skipsRest = true
    }

    /// Whether every column has been read, or need not be.
    var isComplete: Bool {
        switch source {
        case .row(_, let result): skipsRest || position == result.columns
        case .samples: true
        }
    }

    /// Whether the row reads nothing on purpose.
    var isSkipped: Bool { skipsRest }
}
