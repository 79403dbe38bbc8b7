/// An international bank account number (ISO 13616): its country, its length and its check digits are right.
///
/// Descriptions and mirrors show the mask alone.
public struct IBAN: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Capitals and digits without spaces; whoever reads this property answers for where it goes.
    public let revealed: String

    /// Lengths by country, for the countries of SEPA (ISO 13616 registry).
    public static let lengths = [
        "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
        "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
        "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
        "SI": 19, "SK": 24, "SM": 27, "VA": 22,
    ]

    /// Reads a number with or without spaces, in capitals or not; `nil` if it cannot be one.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let letters = Array(text.utf8.filter { $0 != 0x20 }.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 })
        guard letters.count > 4, letters[..<2].allSatisfy({ (0x41...0x5A).contains($0) }),
            letters[2...3].allSatisfy({ (0x30...0x39).contains($0) }),
            IBAN.lengths[String(decoding: letters[..<2], as: UTF8.self)] == letters.count,
            IBAN.remainder(letters[4...] + letters[..<4]) == 1
        else { return nil }
        revealed = String(decoding: letters, as: UTF8.self)
    }

    /// What people are shown: country and last four, `AT** **** … 1234`.
    public var masked: String { "\(revealed.prefix(2))** **** … \(revealed.suffix(4))" }

    /// The number modulo 97, letters counting 10 to 35 (ISO 7064); `nil` where something is neither letter nor digit.
    private static func remainder(_ letters: some Sequence<UInt8>) -> Int? {
        var remainder = 0
        for letter in letters {
            switch letter {
            case 0x30...0x39: remainder = (remainder * 10 + Int(letter - 0x30)) % 97
            case 0x41...0x5A: remainder = (remainder * 100 + Int(letter - 0x41) + 10) % 97
            default: return nil
            }
        }
        return remainder
    }

    /// The mask.
    public var description: String { masked }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A VAT identification number of the three countries, its check digit among them: `ATU13585627`, `SI50223054`,
/// `HU12892312`.
///
/// The rules: AT: Federal Ministry of Finance, "Prüfziffernberechnung der UID"; SI: modulus 11 with the weights 8 to 2;
/// HU: the weights 9, 7, 3, 1 of the tax number's first eight digits. The European Commission's list of VAT number
/// algorithms (VIES) has all three.
public enum VATNumber {
    /// Whether a number in capitals and without spaces can be one.
    public static func isValid(_ text: String) -> Bool {
        let letters = Array(text.utf8)
        guard letters.count > 8, let digits = digits(letters.suffix(8)) else { return false }
        switch String(decoding: letters.dropLast(8), as: UTF8.self) {
        case "ATU": return austrian(digits)
        case "SI": return slovenian(digits)
        case "HU": return hungarian(digits)
        default: return false
        }
    }

    private static func digits(_ letters: ArraySlice<UInt8>) -> [Int]? {
        guard letters.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return letters.map { Int($0 - 0x30) }
    }

    /// Every second digit is doubled and its digits are added, as Luhn does; 4 more, because the U counts.
    private static func austrian(_ digits: [Int]) -> Bool {
        let sum = digits.dropLast().enumerated().reduce(4) { sum, next in
            let (index, digit) = next
            return sum + (index.isMultiple(of: 2) ? digit : digit * 2 / 10 + digit * 2 % 10)
        }
        return (10 - sum % 10) % 10 == digits[7]
    }

    /// The complement to 11; 10 is written 0, and a number whose complement is 11 is never given out.
    private static func slovenian(_ digits: [Int]) -> Bool {
        let sum = zip(digits, [8, 7, 6, 5, 4, 3, 2]).reduce(0) { $0 + $1.0 * $1.1 }
        let check = 11 - sum % 11
        return digits[0] != 0 && check != 11 && check % 10 == digits[7]
    }

    private static func hungarian(_ digits: [Int]) -> Bool {
        zip(digits, [9, 7, 3, 1, 9, 7, 3, 1]).reduce(0) { $0 + $1.0 * $1.1 }.isMultiple(of: 10)
    }
}

/// A code of the classification of economic activities, NACE revision 2: `47`, `47.6`, `47.61`.
public enum NACECode {
    /// Divisions that the classification has.
    private static let divisions = Set(
        [1...3, 5...9, 10...33, 35...39, 41...43, 45...47, 49...53, 55...56, 58...63, 64...66, 68...75, 77...82]
            .joined() + [84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99])

    /// Whether it is a division of the classification, alone or with a group or a class behind it.
    public static func isValid(_ text: String) -> Bool {
        let letters = Array(text.utf8)
        guard [2, 4, 5].contains(letters.count), letters.count == 2 || letters[2] == 0x2E else { return false }
        let digits = (letters.prefix(2) + letters.dropFirst(3)).filter { (0x30...0x39).contains($0) }
        guard digits.count == letters.count - (letters.count == 2 ? 0 : 1) else { return false }
        return divisions.contains(Int(digits[0] - 0x30) * 10 + Int(digits[1] - 0x30))
    }
}
