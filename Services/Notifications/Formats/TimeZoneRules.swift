import FoundationEssentials

/// When the clocks of one place were and will be set: a file of the IANA database (RFC 8536).
///
/// FoundationEssentials knows no zone but Greenwich; the others need ICU. The files are those of the system's `tzdata`.
struct TimeZoneRules: Equatable, Sendable {
    /// Seconds since 1970 at which the clocks are set, rising.
    private let transitions: [Int64]
    /// Seconds east of Greenwich from each of these times on.
    private let offsets: [Int]
    /// Before the first of them.
    private let firstOffset: Int
    /// After the last of them.
    private let rule: YearlyRule?

    /// Where the systems keep the files.
    private static let folder = "/usr/share/zoneinfo"
    /// The largest file of the database has less than 4 KiB.
    private static let bytesMax = 1 << 16

    /// The rules of `Europe/Vienna` and its like; nil if there are none of this name.
    init?(named name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        // The name comes in a message: it must not lead to other files.
        let isName = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x5F: true
                    default: false
                    }
                }
        }
        guard isName, name.utf8.count <= 64,
            let data = FileManager.default.contents(atPath: "\(TimeZoneRules.folder)/\(name)"),
            data.count <= TimeZoneRules.bytesMax
        else { return nil }
        self.init(file: [UInt8](data))
    }

    /// Reads a file; nil if it is none, or not of version 2 or later.
    init?(file: [UInt8]) {
        var reader = ByteReader(file)
        // The first block holds the years up to 2037 only; the second holds all.
        guard let old = Counts(&reader), old.version >= UInt8(ascii: "2") else { return nil }
        guard reader.skip(old.bytes(timeBytes: 4)) else { return nil }
        guard let counts = Counts(&reader), counts.types > 0 else { return nil }
        guard counts.bytes(timeBytes: 8) <= reader.remaining else { return nil }
        let times = (0..<counts.times).compactMap { _ in reader.integer(Int64.self) }
        let indexes = (0..<counts.times).compactMap { _ in reader.integer(UInt8.self) }
        var types: [Int] = []
        for _ in 0..<counts.types {
            guard let offset = reader.integer(Int32.self), reader.skip(2) else { return nil }
            types.append(Int(offset))
        }
        guard indexes.allSatisfy({ Int($0) < types.count }), zip(times, times.dropFirst()).allSatisfy(<),
            types.allSatisfy({ abs($0) < 7 * 86_400 }),
            reader.skip(counts.characters + counts.leaps * 12 + counts.standards + counts.universals)
        else { return nil }
        transitions = times
        offsets = indexes.map { types[Int($0)] }
        firstOffset = types[0]
        let footer = String(decoding: reader.rest, as: UTF8.self).split(separator: "\n")
        rule = footer.first.flatMap { YearlyRule(String($0)) }
    }

    /// Seconds east of Greenwich at this time.
    func offsetSeconds(at instant: Date) -> Int {
        let seconds = Int64(max(-1e12, min(instant.timeIntervalSince1970.rounded(.down), 1e12)))
        if let last = transitions.last, seconds >= last {
            return rule?.offset(at: Int(seconds)) ?? offsets.last ?? firstOffset
        }
        if transitions.isEmpty { return rule?.offset(at: Int(seconds)) ?? firstOffset }
        guard let next = transitions.firstIndex(where: { $0 > seconds }), next > 0 else { return firstOffset }
        return offsets[next - 1]
    }
}

/// The counts in the header of a block.
private struct Counts {
    let version: UInt8
    let universals, standards, leaps, times, types, characters: Int

    init?(_ reader: inout ByteReader) {
        guard reader.integer(UInt32.self) == 0x545A_6966, let version = reader.integer(UInt8.self), reader.skip(15)
        else { return nil }
        let counts = (0..<6).compactMap { _ in reader.integer(UInt32.self).map { Int($0) } }
        guard counts.count == 6, counts.allSatisfy({ $0 <= 1 << 16 }) else { return nil }
        self.version = version
        (universals, standards, leaps) = (counts[0], counts[1], counts[2])
        (times, types, characters) = (counts[3], counts[4], counts[5])
    }

    func bytes(timeBytes: Int) -> Int {
        times * (timeBytes + 1) + types * 6 + characters + leaps * (timeBytes + 4) + standards + universals
    }
}

/// Reads big-endian integers; nil at the end.
private struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - position }
    var rest: ArraySlice<UInt8> { bytes[position...] }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= remaining else { return false }
        position += count
        return true
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard width <= remaining else { return nil }
        defer { position += width }
        return bytes[position..<position + width].reduce(Value.zero) { value, byte in
            (width == 1 ? 0 : value << 8) | Value(truncatingIfNeeded: byte)
        }
    }
}
