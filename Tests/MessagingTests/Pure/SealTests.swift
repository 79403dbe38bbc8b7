import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// Stored bodies that hold a secret.
@Suite struct SealTests {
    private let old = Seal(keys: [("2025", [UInt8](repeating: 1, count: 32))])
    private let new = Seal(keys: [
        ("2026", [UInt8](repeating: 2, count: 32)), ("2025", [UInt8](repeating: 1, count: 32)),
    ])
    private let body = Array("a voucher's code".utf8)

    @Test func whatIsSealedOpensInItsRowOnly() throws {
        let (row, other) = (UUID(), UUID())
        let sealed = try new.seal(body, for: row)
        #expect(try new.open(sealed, for: row) == body)
        #expect(throws: Seal.Failure.self) { try new.open(sealed, for: other) }
        #expect(!String(decoding: sealed, as: UTF8.self).contains("code"))
    }

    @Test func anOlderKeyStillOpens() throws {
        let row = UUID()
        #expect(try new.open(try old.seal(body, for: row), for: row) == body)
        #expect(throws: Seal.Failure.self) { try old.open(try new.seal(body, for: row), for: row) }
    }

    @Test func everyChangedBitIsNoticed() throws {
        let row = UUID()
        let sealed = try new.seal(body, for: row)
        for place in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[place] ^= 1 << bit
                #expect(throws: Seal.Failure.self) { try new.open(changed, for: row) }
            }
        }
    }

    @Test func everyCutIsNoticed() throws {
        let row = UUID()
        let sealed = try new.seal(body, for: row)
        for length in 0..<sealed.count {
            #expect(throws: Seal.Failure.self) { try new.open(Array(sealed.prefix(length)), for: row) }
        }
    }
}
