public import FoundationEssentials

// What each type of the server looks like in binary: PostgreSQL's send and receive functions in src/backend/utils/adt.

/// An integer of 2, 4 or 8 bytes, big-endian.
protocol PostgresInteger: FixedWidthInteger, BitwiseCopyable, PostgresScalar {}

extension PostgresInteger {
    /// Zero.
    public static var sample: Self? { 0 }

    /// Appends the bytes, highest first.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendInteger(self)
    }

    /// Reads the bytes, highest first.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        try self.init(only: bytes, of: Self.postgresType)
    }
}

extension Int: PostgresInteger {
    /// bigint.
    public static var postgresType: PostgresType { .bigint }
}

extension Int64: PostgresInteger {
    /// bigint.
    public static var postgresType: PostgresType { .bigint }
}

extension Int32: PostgresInteger {
    /// integer.
    public static var postgresType: PostgresType { .integer }
}

extension Int16: PostgresInteger {
    /// smallint.
    public static var postgresType: PostgresType { .smallint }
}

extension Double: PostgresScalar {
    /// double precision.
    public static var postgresType: PostgresType { .double }
    /// Zero.
    public static var sample: Double? { 0 }

    /// Appends the IEEE 754 bits.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendInteger(bitPattern)
    }

    /// Reads the IEEE 754 bits.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        self.init(bitPattern: try UInt64(only: bytes, of: .double))
    }
}

extension Bool: PostgresScalar {
    /// boolean.
    public static var postgresType: PostgresType { .bool }
    /// False.
    public static var sample: Bool? { false }

    /// Appends one byte.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(self ? 1 : 0)
    }

    /// Reads one byte.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        self = try UInt8(only: bytes, of: .bool) != 0
    }
}

extension String: PostgresScalar {
    /// text; varchar, char and name are read as well.
    public static var postgresType: PostgresType { .text }
    /// The empty string.
    public static var sample: String? { "" }

    /// Appends UTF-8.
    ///
    /// A NUL is refused by the server (22021): bodies of strangers belong in a bytea.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }

    /// Reads UTF-8.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        guard let bytes else { throw .null }
        let text = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .malformed(.text) }
        self = text
    }
}

extension UUID: PostgresScalar {
    /// uuid.
    public static var postgresType: PostgresType { .uuid }
    /// The nil UUID.
    public static var sample: UUID? { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }

    /// Appends the 16 bytes.
    public func encode(into bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: uuid) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Reads the 16 bytes.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        guard let bytes else { throw .null }
        guard bytes.byteCount == 16 else { throw .malformed(.uuid) }
        self.init(uuid: unsafe bytes.unsafeLoadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresScalar {
    /// timestamptz.
    public static var postgresType: PostgresType { .timestamptz }
    /// The start of 2001.
    public static var sample: Date? { Date(timeIntervalSinceReferenceDate: 0) }

    /// The server counts from 2000, Foundation from 2001: a leap year apart.
    private static let microsecondsBeforeReference: Int64 = 366 * 86_400_000_000

    /// Appends the microseconds since the start of 2000, rounded; what does not fit becomes `infinity`.
    public func encode(into bytes: inout [UInt8]) {
        let microseconds = (timeIntervalSinceReferenceDate * 1_000_000).rounded()
        let (shifted, overflow) = (Int64(exactly: microseconds) ?? .max)
            .addingReportingOverflow(Self.microsecondsBeforeReference)
        bytes.appendInteger(overflow ? (microseconds < 0 ? .min : .max) : shifted)
    }

    /// Reads the microseconds, exact for the next hundred years; `infinity` is refused.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        let microseconds = try Int64(only: bytes, of: .timestamptz)
        guard microseconds != .max, microseconds != .min else {
            throw PostgresError(.decoding, "an infinite time")
        }
        // Subtracted as integers: a difference of doubles would be a tenth of a microsecond off.
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Self.microsecondsBeforeReference)
        guard !overflow else { throw .malformed(.timestamptz) }
        self.init(timeIntervalSinceReferenceDate: Double(shifted) / 1_000_000)
    }
}

/// A JSON document as its bytes, stored as jsonb.
public struct JSONB: PostgresScalar, Hashable, CustomStringConvertible {
    /// The document in UTF-8.
    ///
    /// The server brings it into its own form: order and blanks are not kept, and an escaped NUL is refused.
    public let bytes: [UInt8]

    /// Wraps a document in UTF-8.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Wraps a document.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Never the document: it may hold anything.
    public var description: String { "JSONB of \(bytes.count) bytes" }

    /// jsonb.
    public static var postgresType: PostgresType { .jsonb }
    /// The empty object.
    public static var sample: JSONB? { JSONB("{}") }

    /// Appends the version of the format, 1, and the text.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(1)
        bytes.append(contentsOf: self.bytes)
    }

    /// Reads version 1.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        guard let bytes else { throw .null }
        var position = 0
        guard try bytes.integer(UInt8.self, at: &position) == 1 else { throw .malformed(.jsonb) }
        self.bytes = try UInt8.decodeArray(bytes.extracting(position..<bytes.byteCount))
    }
}
