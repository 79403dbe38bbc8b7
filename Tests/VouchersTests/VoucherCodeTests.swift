import Contracts
import Crypto
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Codes as they are made, printed, typed and stored.
@Suite struct VoucherCodeTests {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private var generator = SeededGenerator(seed: 75)

    private mutating func codes(_ count: Int) -> [VoucherCode] {
        (0..<count).map { _ in VoucherCode.random(using: &generator) }
    }

    @Test mutating func everyCodeIsReadAsItIsPrinted() throws {
        for code in codes(5000) {
            #expect(code.formatted.wholeMatch(of: /([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}/) != nil)
            #expect(try VoucherCode(parsing: code.formatted) == code)
            #expect(code.formatted.hasSuffix(code.lastFour))
            #expect(String(decoding: code.characters, as: UTF8.self) == code.formatted.filter { $0 != "-" })
        }
    }

    @Test mutating func caseHyphensSpacesAndLookAlikesDoNotMatter() throws {
        for code in codes(2000) {
            var typed = ""
            for letter in code.formatted.filter({ $0 != "-" }) {
                var variants = [String(letter), letter.lowercased()]
                if letter == "1" { variants += ["I", "i", "L", "l"] }
                if letter == "0" { variants += ["O", "o"] }
                typed += ["", "", "-", " ", "--"].randomElement(using: &generator) ?? ""
                typed += variants.randomElement(using: &generator) ?? ""
            }
            #expect(try VoucherCode(parsing: typed + " ") == code)
        }
    }

    @Test mutating func everyMistypedCharacterIsFound() {
        for code in codes(50) {
            let letters = Array(code.formatted.filter { $0 != "-" })
            for index in letters.indices {
                for other in VoucherCodeTests.alphabet where other != letters[index] {
                    var typed = letters
                    typed[index] = other
                    #expect(throws: VoucherCode.Mistake.wrongCheckCharacter) { try VoucherCode(parsing: String(typed)) }
                }
            }
        }
    }

    @Test mutating func swappedNeighboursAreFoundButForTheFirstAndLastLetter() {
        var swaps = 0
        for code in codes(1000) {
            let letters = Array(code.formatted.filter { $0 != "-" })
            for index in letters.indices.dropLast() {
                let pair = [letters[index], letters[index + 1]]
                var typed = letters
                typed.swapAt(index, index + 1)
                let isBlindSpot = pair[0] == pair[1] || Set(pair) == ["0", "Z"]
                #expect(((try? VoucherCode(parsing: String(typed))) == nil) == !isBlindSpot)
                swaps += 1
            }
        }
        #expect(swaps == 15_000)
    }

    @Test(arguments: [
        "", "7ZK4", "7ZK4-90XM-2QBA-W3T", "7ZK4-90XM-2QBA-W3T88", "UZK4-90XM-2QBA-W3T8", "7ZK4_90XM_2QBA_W3T8",
        "7ZK4–90XM–2QBA–W3T8", "７ZK4-90XM-2QBA-W3T8", "7ZK4-90XM-2QBA-W3Tß", "7ZK4\n90XM\n2QBA\nW3T8",
        String(repeating: "-", count: 10_000), String(repeating: "A", count: 10_000),
    ])
    func whatIsNoCodeIsMalformed(text: String) {
        #expect(throws: VoucherCode.Mistake.malformed) { try VoucherCode(parsing: text) }
    }

    /// Worked out by hand after the definition of Luhn mod N.
    @Test(arguments: [
        ("0000-0000-0000-0000", true), ("0000-0000-0000-001Y", true), ("0000-0000-0000-0010", false),
        ("0000-0000-0000-010Z", true), ("0000-0000-0000-00ZA", false), ("0000-0000-0000-00Z1", true),
    ])
    func theCheckCharacterIsLuhnMod32(text: String, holds: Bool) {
        #expect(((try? VoucherCode(parsing: text)) != nil) == holds)
    }

    @Test mutating func all75BitsAreRandom() {
        // 15 characters of 5 bits: each character takes each value, and no two codes are the same.
        var seen = [Set<Character>](repeating: [], count: 15)
        let codes = codes(4000)
        for code in codes {
            for (index, letter) in code.formatted.filter({ $0 != "-" }).prefix(15).enumerated() {
                seen[index].insert(letter)
            }
        }
        #expect(seen.allSatisfy { $0.count == 32 })
        #expect(Set(codes).count == codes.count)
    }

    @Test mutating func nothingThatPrintsShowsACode() {
        for code in codes(200) {
            var printed = "\(code) \(String(reflecting: code)) \(Optional(code) as Any)"
            dump(code, to: &printed)
            dump([code], to: &printed)
            for part in code.formatted.split(separator: "-") { #expect(!printed.contains(part)) }
        }
    }
}

/// The keyed hashes that codes are stored as.
@Suite struct CodeKeysTests {
    private static func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    @Test func aLookupIsHMACSHA256OfTheSixteenCharacters() throws {
        let code = try VoucherCode(parsing: "0000-0000-0000-0000")
        let keys = try CodeKeys([(7, CodeKeysTests.key(0x0B))])
        let expected = HMAC<SHA256>.authenticationCode(
            for: Array("0000000000000000".utf8), using: SymmetricKey(data: CodeKeysTests.key(0x0B)))
        #expect(keys.lookup(for: code) == CodeLookup(keyID: 7, digest: Array(expected)))
        #expect(keys.lookups(for: code) == [keys.lookup(for: code)])
    }

    @Test func everyLiveKeyIsTriedTheCurrentFirst() throws {
        var generator = SeededGenerator(seed: 3)
        let old = try CodeKeys([(1, CodeKeysTests.key(1))])
        let new = try CodeKeys([(2, CodeKeysTests.key(2)), (1, CodeKeysTests.key(1))])
        #expect(new.currentID == 2)
        for _ in 0..<100 {
            let code = VoucherCode.random(using: &generator)
            #expect(new.lookups(for: code).map(\.keyID) == [2, 1])
            #expect(new.lookups(for: code).contains(old.lookup(for: code)))
            #expect(new.lookup(for: code) == new.lookups(for: code).first)
            #expect(Set(new.lookups(for: code).map(\.digest)).count == 2)
        }
    }

    @Test(arguments: [[], [(0, 32)], [(40_000, 32)], [(1, 31)], [(1, 32), (1, 32)]] as [[(Int, Int)]])
    func keysThatCannotBeAreRefused(shape: [(id: Int, bytes: Int)]) {
        #expect(throws: CodeKeys.Mistake.self) {
            try CodeKeys(shape.map { ($0.id, Array(repeating: 1, count: $0.bytes)) })
        }
    }

    @Test func nothingThatPrintsShowsAKey() throws {
        let keys = try CodeKeys([(1, CodeKeysTests.key(0xAB))])
        var printed = "\(keys) \(String(reflecting: keys))"
        dump(keys, to: &printed)
        #expect(!printed.contains("171") && !printed.lowercased().contains("abab"))
        #expect(printed.contains("keys 1"))
    }
}
