/// Where a message stands in a trace: the header `traceparent` of W3C's Trace Context, version 00.
public struct TraceParent: Hashable, Sendable {
    /// The header's name.
    public static let headerName = "traceparent"

    /// The trace that everything belongs to which one request has brought about: 128 bits, not all zero.
    public struct TraceID: Hashable, Sendable {
        /// The first 8 bytes.
        public let high: UInt64
        /// The last 8 bytes.
        public let low: UInt64

        /// An id of these bytes; nil if all are zero.
        public init?(high: UInt64, low: UInt64) {
            guard high != 0 || low != 0 else { return nil }
            (self.high, self.low) = (high, low)
        }

        /// A random id.
        public static func random(using generator: inout some RandomNumberGenerator) -> TraceID {
            while true {
                if let id = TraceID(high: generator.next(), low: generator.next()) { return id }
            }
        }
    }

    /// The trace.
    public var traceID: TraceID
    /// The step of the trace that sent the message; not zero.
    public var spanID: UInt64
    /// Whether somebody wants to see the trace.
    public var isSampled: Bool

    /// Names a step of a trace.
    public init(traceID: TraceID, spanID: UInt64, isSampled: Bool) {
        precondition(spanID != 0, "a span's id is not zero")
        (self.traceID, self.spanID, self.isSampled) = (traceID, spanID, isSampled)
    }

    /// Reads a header; nil if it is not one.
    ///
    /// A later version may say more at the end; what stands where version 00 has it means the same.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        guard let version = Self.number(of: &bytes, digits: 2), version != 0xFF, Self.dash(&bytes),
            let high = Self.number(of: &bytes, digits: 16), let low = Self.number(of: &bytes, digits: 16),
            let traceID = TraceID(high: high, low: low), Self.dash(&bytes),
            let spanID = Self.number(of: &bytes, digits: 16), spanID != 0, Self.dash(&bytes),
            let flags = Self.number(of: &bytes, digits: 2),
            bytes.isEmpty || (version > 0 && bytes.first == UInt8(ascii: "-"))
        else { return nil }
        self.init(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1)
    }

    private static func dash(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        bytes.popFirst() == UInt8(ascii: "-")
    }

    /// Only small letters: the standard has no others.
    private static func number(of bytes: inout ArraySlice<UInt8>, digits: Int) -> UInt64? {
        var number: UInt64 = 0
        for _ in 0..<digits {
            switch bytes.popFirst() {
            case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case let byte? where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}

extension TraceParent: CustomStringConvertible {
    /// The header.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(55)
        bytes += [UInt8(ascii: "0"), UInt8(ascii: "0"), UInt8(ascii: "-")]
        bytes.appendHex(traceID.high)
        bytes.appendHex(traceID.low)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendHex(spanID)
        bytes += [UInt8(ascii: "-"), UInt8(ascii: "0"), isSampled ? UInt8(ascii: "1") : UInt8(ascii: "0")]
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A span's id as it is written: 16 digits.
    public static func text(ofSpan id: UInt64) -> String {
        var bytes: [UInt8] = []
        bytes.appendHex(id)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TraceParent.TraceID: CustomStringConvertible {
    /// 32 digits.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        bytes.appendHex(high)
        bytes.appendHex(low)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends 16 digits.
    fileprivate mutating func appendHex(_ number: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
