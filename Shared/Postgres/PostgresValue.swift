/// A type of the server: its number and those by which it is an array's element.
public struct PostgresType: Sendable, Hashable, CustomStringConvertible {
    /// The number of the type in `pg_type`.
    public let oid: UInt32
    /// The number of the array of this type; 0 if there is none.
    public let arrayOID: UInt32
    /// The name as SQL writes it.
    public let description: String

    init(_ oid: UInt32, array: UInt32, _ name: String) {
        self.oid = oid
        arrayOID = array
        description = name
    }

    static let bool = PostgresType(16, array: 1000, "boolean")
    static let bytea = PostgresType(17, array: 1001, "bytea")
    static let bigint = PostgresType(20, array: 1016, "bigint")
    static let smallint = PostgresType(21, array: 1005, "smallint")
    static let integer = PostgresType(23, array: 1007, "integer")
    static let text = PostgresType(25, array: 1009, "text")
    static let double = PostgresType(701, array: 1022, "double precision")
    static let date = PostgresType(1082, array: 1182, "date")
    static let timestamptz = PostgresType(1184, array: 1185, "timestamptz")
    static let uuid = PostgresType(2950, array: 2951, "uuid")
    static let jsonb = PostgresType(3802, array: 3807, "jsonb")

    private static let known: [PostgresType] = [
        bool, bytea, bigint, smallint, integer, text, double, date, timestamptz, uuid, jsonb,
        PostgresType(114, array: 199, "json"), PostgresType(700, array: 1021, "real"),
        PostgresType(1114, array: 1115, "timestamp"), PostgresType(1700, array: 1231, "numeric"),
        PostgresType(1043, array: 1015, "varchar"), PostgresType(1042, array: 1014, "char"),
        PostgresType(19, array: 1003, "name"), PostgresType(2278, array: 0, "void"),
    ]

    /// The array of this type.
    var array: PostgresType {
        PostgresType(arrayOID, array: 0, "\(description)[]")
    }

    /// Whether a value of the type `oid` has the same binary form: text has several names.
    func accepts(_ oid: UInt32) -> Bool {
        switch self.oid {
        case oid: true
        case 25: [1043, 1042, 19].contains(oid)
        case 1009: [1015, 1014, 1003].contains(oid)
        default: false
        }
    }

    /// The name of a type of the server, or its number.
    static func name(of oid: UInt32) -> String {
        for type in known {
            if type.oid == oid { return type.description }
            if type.arrayOID == oid { return type.array.description }
        }
        return "type \(oid)"
    }
}

/// A value that a statement can be given and a row can hold, in PostgreSQL's binary format.
///
/// `String`, `Bool`, `Int`, `Int64`, `Int32`, `Int16`, `Double`, `UUID`, `Date` (timestamptz), ``CalendarDate``, `[UInt8]`
/// (bytea), ``JSONB``, arrays and optionals of them. An enum or struct with a raw value becomes one by declaring it:
/// `enum State: String, PostgresScalar`.
public protocol PostgresValue: Sendable {
    /// The type of the parameter or column.
    static var postgresType: PostgresType { get }
    /// Any value at all, for checking what a row reads without a row; nil if none can be made up.
    static var sample: Self? { get }
    /// Whether this is SQL's NULL.
    var isNull: Bool { get }
    /// Appends the binary form.
    func encode(into bytes: inout [UInt8])
    /// Reads the binary form; nil stands for NULL.
    init(decoding bytes: RawSpan?) throws(PostgresError)
}

/// What an array can be made of.
public protocol PostgresArrayElement: Sendable {
    /// The type of the array.
    static var postgresArrayType: PostgresType { get }
    /// Appends an array's binary form.
    static func encodeArray(_ elements: [Self], into bytes: inout [UInt8])
    /// Reads an array's binary form.
    static func decodeArray(_ bytes: RawSpan) throws(PostgresError) -> [Self]
}

/// A value that can stand alone and in arrays.
public protocol PostgresScalar: PostgresValue, PostgresArrayElement {}

extension PostgresValue {
    /// A value is not NULL, unless it is an optional.
    public var isNull: Bool { false }
}

// MARK: Raw values

extension PostgresValue where Self: RawRepresentable, RawValue: PostgresValue {
    /// The type of the raw value.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// The value of a sample raw value, or the first of all cases.
    public static var sample: Self? {
        if let raw = RawValue.sample, let value = Self(rawValue: raw) { return value }
        func first<Cases: CaseIterable>(_ type: Cases.Type) -> Self? { type.allCases.first as? Self }
        guard let type = Self.self as? any CaseIterable.Type else { return nil }
        return first(type)
    }

    /// Whether the raw value is NULL.
    public var isNull: Bool { rawValue.isNull }

    /// Appends the raw value.
    public func encode(into bytes: inout [UInt8]) {
        rawValue.encode(into: &bytes)
    }

    /// Reads the raw value; one that the type does not know is an error.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        guard let value = Self(rawValue: try RawValue(decoding: bytes)) else {
            throw PostgresError(.decoding, "a value that \(Self.self) does not know")
        }
        self = value
    }
}

// MARK: Optionals

extension Optional: PostgresValue where Wrapped: PostgresValue {
    /// The type of the value.
    public static var postgresType: PostgresType { Wrapped.postgresType }
    /// A sample of the value.
    public static var sample: Wrapped?? { .some(Wrapped.sample) }
    /// Whether there is no value.
    public var isNull: Bool { self?.isNull ?? true }

    /// Appends the value.
    public func encode(into bytes: inout [UInt8]) {
        self?.encode(into: &bytes)
    }

    /// Reads the value, or nil for NULL.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        self = bytes == nil ? nil : .some(try Wrapped(decoding: bytes))
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresScalar {}

// MARK: Arrays

extension PostgresArrayElement where Self: PostgresValue {
    /// The array of this value's type.
    public static var postgresArrayType: PostgresType { postgresType.array }

    /// Appends dimensions, whether there are NULLs, the element's type, length, lower bound, and each counted element.
    ///
    /// An empty array has no dimension, and ends after the type.
    public static func encodeArray(_ elements: [Self], into bytes: inout [UInt8]) {
        bytes.appendInteger(Int32(elements.isEmpty ? 0 : 1))
        bytes.appendInteger(Int32(elements.contains { $0.isNull } ? 1 : 0))
        bytes.appendInteger(postgresType.oid)
        guard !elements.isEmpty else { return }
        bytes.appendInteger(Int32(clamping: elements.count))
        bytes.appendInteger(Int32(1))
        for element in elements {
            let start = bytes.count
            bytes.appendInteger(Int32(-1))
            guard !element.isNull else { continue }
            element.encode(into: &bytes)
            bytes.overwriteInteger(Int32(clamping: bytes.count - start - 4), at: start)
        }
    }

    /// Reads an array of one dimension, or an empty one.
    public static func decodeArray(_ bytes: RawSpan) throws(PostgresError) -> [Self] {
        var position = 0
        let dimensions = try bytes.integer(Int32.self, at: &position)
        _ = try bytes.integer(Int32.self, at: &position)
        let element = try bytes.integer(UInt32.self, at: &position)
        guard postgresType.accepts(element) else {
            throw PostgresError(.decoding, "an array of \(PostgresType.name(of: element)), not of \(postgresType)")
        }
        guard dimensions != 0 else { return [] }
        guard dimensions == 1 else { throw PostgresError(.decoding, "an array of \(dimensions) dimensions") }
        let count = Int(try bytes.integer(Int32.self, at: &position))
        _ = try bytes.integer(Int32.self, at: &position)
        // Each element has at least its length: a count that lies reserves no memory.
        guard count >= 0, count <= (bytes.byteCount - position) / 4 else { throw .malformed(postgresType.array) }
        var elements: [Self] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            let length = Int(try bytes.integer(Int32.self, at: &position))
            guard length >= 0 else {
                elements.append(try Self(decoding: nil))
                continue
            }
            guard length <= bytes.byteCount - position else { throw .truncated }
            elements.append(try Self(decoding: bytes.extracting(position..<position + length)))
            position += length
        }
        return elements
    }
}

extension Array: PostgresValue where Element: PostgresArrayElement {
    /// The array of the element's type.
    public static var postgresType: PostgresType { Element.postgresArrayType }
    /// The empty array.
    public static var sample: [Element]? { [] }

    /// Appends the elements.
    public func encode(into bytes: inout [UInt8]) {
        Element.encodeArray(self, into: &bytes)
    }

    /// Reads the elements.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        guard let bytes else { throw .null }
        self = try Element.decodeArray(bytes)
    }
}

extension UInt8: PostgresArrayElement {
    /// An array of bytes is a bytea.
    public static var postgresArrayType: PostgresType { .bytea }

    /// Appends the bytes.
    public static func encodeArray(_ elements: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: elements)
    }

    /// Copies the bytes.
    public static func decodeArray(_ bytes: RawSpan) throws(PostgresError) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}

extension Array: PostgresArrayElement, PostgresScalar where Element == UInt8 {}
