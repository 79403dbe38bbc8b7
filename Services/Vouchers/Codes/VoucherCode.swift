/// A voucher's code: sixteen characters of Crockford's base 32, the last a check character, 75 of its bits random.
///
/// It is money to whoever holds it. Nothing that prints shows it; ``formatted`` is for the one answer that does.
struct VoucherCode: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Why a text is no code.
    ///
    /// Neither costs a lookup; both count as a wrong try.
    enum Mistake: Error {
        /// Not sixteen characters of the alphabet.
        case malformed
        /// One character was mistyped, or two were swapped.
        case wrongCheckCharacter
    }

    static let length = 16
    private static let base = 32
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// Small letters count as capitals, I and L as 1, O as 0; 0xFF is no character of a code (U is none).
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() {
            values[Int(letter)] = UInt8(value)
            if letter >= UInt8(ascii: "A") { values[Int(letter) + 0x20] = UInt8(value) }
        }
        for letter in "IiLl".utf8 { values[Int(letter)] = 1 }
        for letter in "Oo".utf8 { values[Int(letter)] = 0 }
        return values
    }()

    /// Eighty bits, five a character, the first character highest.
    private let bits: UInt128

    /// Makes a code of 75 random bits.
    static func random(using generator: inout some RandomNumberGenerator) -> VoucherCode {
        let high = UInt128(generator.next() & 0x7FF)
        return VoucherCode(payload: high << 64 | UInt128(generator.next()))
    }

    private init(payload: UInt128) {
        let symbols = (0..<(VoucherCode.length - 1)).map { UInt8(truncatingIfNeeded: payload >> (70 - 5 * $0)) & 31 }
        bits = payload << 5 | UInt128(VoucherCode.checkValue(of: symbols))
    }

    /// Reads a code as people type it: in any case, with hyphens and spaces anywhere.
    init(parsing text: String) throws(Mistake) {
        var symbols: [UInt8] = []
        for letter in text.utf8 where letter != UInt8(ascii: "-") && letter != UInt8(ascii: " ") {
            let value = VoucherCode.values[Int(letter)]
            guard value != 0xFF, symbols.count < VoucherCode.length else { throw .malformed }
            symbols.append(value)
        }
        guard symbols.count == VoucherCode.length else { throw .malformed }
        guard VoucherCode.checkValue(of: symbols.dropLast()) == symbols[VoucherCode.length - 1] else {
            throw .wrongCheckCharacter
        }
        bits = symbols.reduce(0) { $0 << 5 | UInt128($1) }
    }

    /// Luhn mod 32: finds every wrong character, and every swap of neighbours but that of the first and the last letter
    /// of the alphabet.
    private static func checkValue(of symbols: some BidirectionalCollection<UInt8>) -> UInt8 {
        var sum = 0
        var doubles = true
        for symbol in symbols.reversed() {
            let value = Int(symbol) * (doubles ? 2 : 1)
            sum += value / base + value % base
            doubles.toggle()
        }
        return UInt8((base - sum % base) % base)
    }

    /// The sixteen characters in ASCII, which is what the keyed hash is taken of.
    var characters: [UInt8] {
        (0..<VoucherCode.length).map { VoucherCode.alphabet[Int(truncatingIfNeeded: bits >> (75 - 5 * $0)) & 31] }
    }

    /// The code as it is printed: four groups of four.
    var formatted: String {
        let letters = characters
        return stride(from: 0, to: VoucherCode.length, by: 4)
            .map { String(decoding: letters[$0..<$0 + 4], as: UTF8.self) }.joined(separator: "-")
    }

    /// The last group, by which people tell vouchers apart; stored in the clear.
    var lastFour: String { String(decoding: characters.suffix(4), as: UTF8.self) }

    /// The last group as it is stored, from how people type it.
    static func lastFour(read text: String) -> String {
        let letters = text.utf8.map { letter in
            values[Int(letter)] == 0xFF ? letter : alphabet[Int(values[Int(letter)])]
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// Dots.
    var description: String { "••••" }

    /// A mirror without children.
    var customMirror: Mirror { Mirror(self, children: []) }
}
