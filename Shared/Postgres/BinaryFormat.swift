// PostgreSQL's binary format: big-endian integers and counted bytes, each checked against what is left.

extension RawSpan {
    /// Reads the big-endian integer at `position` and moves on.
    func integer<I: FixedWidthInteger & BitwiseCopyable>(
        _ type: I.Type, at position: inout Int
    ) throws(PostgresError) -> I {
        let size = MemoryLayout<I>.size
        guard byteCount - position >= size else { throw .truncated }
        defer { position += size }
        return unsafe I(bigEndian: unsafeLoadUnaligned(fromByteOffset: position, as: I.self))
    }
}

extension FixedWidthInteger where Self: BitwiseCopyable {
    /// The big-endian integer that a value of `type` consists of.
    init(only bytes: RawSpan?, of type: PostgresType) throws(PostgresError) {
        guard let bytes else { throw .null }
        guard bytes.byteCount == MemoryLayout<Self>.size else { throw .malformed(type) }
        var position = 0
        self = try bytes.integer(Self.self, at: &position)
    }
}

extension [UInt8] {
    /// Appends a big-endian integer.
    mutating func appendInteger(_ value: some FixedWidthInteger & BitwiseCopyable) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    /// Writes a big-endian integer over what is at `offset`.
    mutating func overwriteInteger(_ value: Int32, at offset: Int) {
        for index in 0..<4 {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index))
        }
    }
}

extension PostgresError {
    static var null: PostgresError { PostgresError(.decoding, "NULL where a value was expected") }
    static var truncated: PostgresError { PostgresError(.decoding, "a value that ends too early") }

    static func malformed(_ type: PostgresType) -> PostgresError {
        PostgresError(.decoding, "not the binary form of \(type)")
    }
}

extension PostgresValue {
    /// Reads the binary form from an array of bytes.
    init(binary bytes: [UInt8]) throws(PostgresError) {
        try self.init(decoding: unsafe bytes.span.bytes)
    }
}
