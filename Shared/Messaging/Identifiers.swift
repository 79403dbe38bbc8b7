public import FoundationEssentials
import Synchronization

extension UUID {
    /// Makes an id of version 7 (RFC 9562): milliseconds, a counter within the millisecond, random bits.
    ///
    /// Ids of one process grow, so that rows which are keyed by them go to the right edge of the index.
    public static func version7(at date: Date = Date()) -> UUID {
        let milliseconds = UInt64(max(0, date.timeIntervalSince1970) * 1_000)
        let (time, count) = lastVersion7.withLock { last -> (UInt64, UInt16) in
            if milliseconds > last.milliseconds {
                // Half of the counter is random, so that two processes seldom meet; the other half is room to count.
                last = (milliseconds, UInt16.random(in: 0..<0x800))
            } else if last.count < 0xFFF {
                last.count += 1
            } else {
                last = (last.milliseconds + 1, 0)
            }
            return last
        }
        let random = UInt64.random(in: .min ... .max)
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        return UUID(
            uuid: (
                byte(time, 40), byte(time, 32), byte(time, 24), byte(time, 16), byte(time, 8), byte(time, 0),
                0x70 | UInt8(count >> 8), UInt8(truncatingIfNeeded: count),
                0x80 | (byte(random, 56) & 0x3F), byte(random, 48), byte(random, 40), byte(random, 32),
                byte(random, 24), byte(random, 16), byte(random, 8), byte(random, 0)
            ))
    }

    private static let lastVersion7 = Mutex<(milliseconds: UInt64, count: UInt16)>((0, 0))
}
