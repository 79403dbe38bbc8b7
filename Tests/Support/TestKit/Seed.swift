import FoundationEssentials

/// Random numbers that can be had again: SplitMix64.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that starts at `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    /// A generator that starts at `CITYCOOP_TEST_SEED`, or else somewhere; prints where, so that a failure can be repeated.
    public init(file: String = #fileID, line: Int = #line) {
        let seed = Self.givenSeed ?? UInt64.random(in: .min ... .max)
        Swift.print("\(file):\(line): CITYCOOP_TEST_SEED=\(seed)")
        self.init(seed: seed)
    }

    private static var givenSeed: UInt64? {
        ProcessInfo.processInfo.environment["CITYCOOP_TEST_SEED"].flatMap { UInt64($0) }
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
