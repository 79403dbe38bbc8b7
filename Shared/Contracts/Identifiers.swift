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

// Foundation writes ids in capitals; RFC 9562's own examples, PostgreSQL and the rest of the world write small letters,
// and who compares texts would take the two for different ids. The compiler prefers these overloads wherever it writes
// the encoding of a message.
extension KeyedEncodingContainer {
    mutating func encode(_ value: UUID, forKey key: Key) throws {
        try encode(value.uuidString.lowercased(), forKey: key)
    }

    mutating func encodeIfPresent(_ value: UUID?, forKey key: Key) throws {
        try encodeIfPresent(value?.uuidString.lowercased(), forKey: key)
    }

    mutating func encode(_ value: [UUID], forKey key: Key) throws {
        try encode(value.map { $0.uuidString.lowercased() }, forKey: key)
    }

    mutating func encodeIfPresent(_ value: [UUID]?, forKey key: Key) throws {
        try encodeIfPresent(value?.map { $0.uuidString.lowercased() }, forKey: key)
    }
}
