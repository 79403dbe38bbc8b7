public import FoundationEssentials
import Synchronization

extension UUID {
    /// Makes an id of version 7 (RFC 9562): milliseconds, a counter within the millisecond, random bits.
    ///
    /// The ids of one process grow: what is read back in the order of ids comes in the order in which it was made, and the
    /// newest rows of an index lie together.
    public static func version7(at date: Date = Date()) -> UUID {
        let milliseconds = UInt64(max(0, date.timeIntervalSince1970) * 1_000)
        let (time, count) = lastVersion7.withLock { last -> (UInt64, UInt64) in
            if milliseconds > last.milliseconds {
                // Half of the counter is random, so that two processes seldom meet; the other half is room to count.
                last = (milliseconds, .random(in: 0..<0x800))
            } else if last.count < 0xFFF {
                last.count += 1
            } else {
                last = (last.milliseconds + 1, 0)
            }
            return last
        }
        return UUID(version7: time, count, .random(in: .min ... .max))
    }

    /// Makes an id of version 7 from a time and a source of randomness, for decisions that are to be repeatable.
    public static func version7(
        at time: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> UUID {
        let count = UInt64.random(in: 0...0xFFF, using: &generator)
        return UUID(
            version7: UInt64(max(0, time.milliseconds)), count, .random(in: .min ... .max, using: &generator))
    }

    private static let lastVersion7 = Mutex<(milliseconds: UInt64, count: UInt64)>((0, 0))

    /// 48 bits of time, 12 of a counter, 62 random ones, and the marks of version and variant.
    private init(version7 milliseconds: UInt64, _ count: UInt64, _ random: UInt64) {
        let high = milliseconds << 16 | 0x7000 | count
        let low = 0x8000_0000_0000_0000 | random & 0x3FFF_FFFF_FFFF_FFFF
        func byte(_ word: UInt64, _ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5),
                byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4),
                byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}

extension UUID {
    /// The id in small letters, as RFC 9562, PostgreSQL and the rest of the world write it.
    ///
    /// Foundation writes capitals, and writes and reads through printf and scanf: that took 5 % of the time of a service under
    /// redemptions.
    public var text: String {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p].enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(UUID.digits[Int(byte >> 4)])
            text.append(UUID.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads an id in small or capital letters; `nil` if it is anything else.
    public init?(text: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var high: UInt8?
        for (index, letter) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard letter == UInt8(ascii: "-") else { return nil }
                continue
            }
            let value: UInt8
            switch letter {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = letter - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = letter - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = letter - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
            if bytes.count > 16 { return nil }
        }
        guard bytes.count == 16, high == nil, text.utf8.count == 36 else { return nil }
        self.init(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

// The compiler prefers these overloads wherever it writes the coding of a message.
extension KeyedEncodingContainer {
    mutating func encode(_ value: UUID, forKey key: Key) throws {
        try encode(value.text, forKey: key)
    }

    mutating func encodeIfPresent(_ value: UUID?, forKey key: Key) throws {
        try encodeIfPresent(value?.text, forKey: key)
    }

    mutating func encode(_ value: [UUID], forKey key: Key) throws {
        try encode(value.map(\.text), forKey: key)
    }

    mutating func encodeIfPresent(_ value: [UUID]?, forKey key: Key) throws {
        try encodeIfPresent(value?.map(\.text), forKey: key)
    }
}

extension KeyedDecodingContainer {
    func decode(_ type: UUID.Type, forKey key: Key) throws -> UUID {
        guard let id = UUID(text: try decode(String.self, forKey: key)) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not an id")
        }
        return id
    }

    func decodeIfPresent(_ type: UUID.Type, forKey key: Key) throws -> UUID? {
        guard contains(key), !(try decodeNil(forKey: key)) else { return nil }
        return try decode(UUID.self, forKey: key)
    }
}
