import FoundationEssentials
@testable import Postgres
import TestKit
import Testing

/// A value that can be made up.
protocol Arbitrary: PostgresValue, Equatable {
    static func arbitrary(_ generator: inout SeededGenerator) -> Self
}

enum Colour: String, PostgresScalar, CaseIterable {
    case red, green
}

struct Weight: RawRepresentable, PostgresScalar, Equatable {
    let rawValue: Int
}

@Suite("Values")
struct ValueTests {
    /// Several flights of a few values each: the way out and the way back must agree, alone and in arrays.
    private func roundTrip<Value: PostgresScalar & Arbitrary>(_ type: Value.Type) async throws {
        var generator = SeededGenerator()
        try await withConnection { connection in
            for _ in 0..<40 {
                let values = (0..<Int.random(in: 0...20, using: &generator)).map { _ in Value.arbitrary(&generator) }
                let sparse = values.map { Bool.random(using: &generator) ? $0 : nil }
                let single = Value.arbitrary(&generator)
                let nothing = Value?.none
                let (all, some, one, none) = try await connection.execute(
                    Echo(values), Echo(sparse), Echo(single), Echo(nothing))
                #expect(all == [values])
                #expect(some == [sparse])
                #expect(one == [single])
                #expect(none == [nil])
            }
        }
    }

    @Test func uuid() async throws { try await roundTrip(UUID.self) }
    @Test func bigint() async throws { try await roundTrip(Int.self) }
    @Test func bigint64() async throws { try await roundTrip(Int64.self) }
    @Test func integer() async throws { try await roundTrip(Int32.self) }
    @Test func smallint() async throws { try await roundTrip(Int16.self) }
    @Test func double() async throws { try await roundTrip(Double.self) }
    @Test func bool() async throws { try await roundTrip(Bool.self) }
    @Test func text() async throws { try await roundTrip(String.self) }
    @Test func bytea() async throws { try await roundTrip([UInt8].self) }
    @Test func timestamptz() async throws { try await roundTrip(Date.self) }
    @Test func date() async throws { try await roundTrip(CalendarDate.self) }
    @Test func jsonb() async throws { try await roundTrip(JSONB.self) }
    @Test func rawText() async throws { try await roundTrip(Colour.self) }
    @Test func rawInteger() async throws { try await roundTrip(Weight.self) }

    @Test("The server reads what was meant, not only the same bytes back")
    func meaning() async throws {
        let id = try #require(UUID(uuidString: "6F1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"))
        let moment = Date(timeIntervalSince1970: 1_789_000_000.123456)
        try await withConnection { connection in
            let (ids, numbers, times, days) = try await connection.execute(
                Text(value: id), Text(value: [-1, nil, Int.max]), Text(value: moment),
                Text(value: CalendarDate(year: 2024, month: 2, day: 29)))
            #expect(ids == ["6f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"])
            #expect(numbers == ["{-1,NULL,9223372036854775807}"])
            #expect(times == ["2026-09-10 00:26:40.123456+00"])
            #expect(days == ["2024-02-29"])
            let (flag, bytes, real, json) = try await connection.execute(
                Text(value: true), Text(value: [UInt8]([0, 255])), Text(value: -0.5),
                Text(value: JSONB(#"{"b": 1, "a": [null]}"#)))
            #expect(flag == ["true"])
            #expect(bytes == [#"\x00ff"#])
            #expect(real == ["-0.5"])
            #expect(json == [#"{"a": [null], "b": 1}"#])
        }
    }

    @Test("Days agree with the server's calendar")
    func calendar() async throws {
        var generator = SeededGenerator()
        try await withConnection { connection in
            for _ in 0..<200 {
                let day = CalendarDate.arbitrary(&generator)
                let texts = try await connection.execute(Text(value: day))
                #expect(texts == [day.description])
                let (year, month, number) = day.components
                #expect(CalendarDate(year: year, month: month, day: number) == day)
            }
        }
        #expect(CalendarDate(year: 2023, month: 2, day: 29) == nil)
        #expect(CalendarDate(year: 2023, month: 13, day: 1) == nil)
        #expect(CalendarDate(year: 0, month: 1, day: 1) == nil)
    }

    @Test("A NULL is refused where a value is read")
    func nulls() async throws {
        struct ReadNull: Statement {
            static let sql = "SELECT NULL::bigint AS amount"

            static func row(_ columns: inout Columns) throws -> Int {
                try columns.next()
            }
        }
        struct ReadArray: Statement {
            static let sql = "SELECT ARRAY[1, NULL]::bigint[]"

            static func row(_ columns: inout Columns) throws -> [Int] {
                try columns.next()
            }
        }
        try await withConnection { connection in
            let alone = try await failure { try await connection.execute(ReadNull()) }
            #expect(
                alone.description == "unreadable result in ReadNull: column 1 (amount): NULL where a value was expected"
            )
            let within = try await failure { try await connection.execute(ReadArray()) }
            #expect(within.code == .decoding)
            #expect(connection.isUsable)
        }
    }

    @Test("Raw values that the type does not know, infinity and arrays of arrays are refused")
    func foreignValues() async throws {
        struct ReadColour: Statement {
            static let sql = "SELECT 'mauve'"

            static func row(_ columns: inout Columns) throws -> Colour {
                try columns.next()
            }
        }
        struct ReadTime: Statement {
            static let sql = "SELECT timestamptz 'infinity'"

            static func row(_ columns: inout Columns) throws -> Date {
                try columns.next()
            }
        }
        struct ReadMatrix: Statement {
            static let sql = "SELECT ARRAY[[1, 2], [3, 4]]::bigint[]"

            static func row(_ columns: inout Columns) throws -> [Int] {
                try columns.next()
            }
        }
        try await withConnection { connection in
            let colour = try await failure { try await connection.execute(ReadColour()) }
            #expect(colour.code == .decoding)
            #expect(!colour.description.contains("mauve"))
            #expect(try await failure { try await connection.execute(ReadTime()) }.code == .decoding)
            #expect(try await failure { try await connection.execute(ReadMatrix()) }.code == .decoding)
        }
    }

    @Test("Whatever the bytes, reading them gives a value or an error")
    func garbage() {
        var generator = SeededGenerator()
        let types: [any PostgresValue.Type] = [
            UUID.self, Int.self, Int32.self, Int16.self, Double.self, Bool.self, String.self, [UInt8].self, Date.self,
            CalendarDate.self, JSONB.self, Colour.self, [Int].self, [String?].self, [[UInt8]].self, [UUID].self,
        ]
        var readable = 0
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                Bool.random(using: &generator) ? 0 : UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                // A plausible head: one dimension, no NULLs, bigint.
                bytes = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20] + bytes
            }
            for type in types where (try? type.init(binary: bytes)) != nil { readable += 1 }
        }
        #expect(readable > 0)
    }
}

// MARK: Made-up values

extension UUID: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> UUID {
        let (high, low) = (generator.next(), generator.next())
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (8 * index)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6),
                byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5),
                byte(low, 6), byte(low, 7)
            ))
    }
}

extension Arbitrary where Self: FixedWidthInteger {
    static func arbitrary(_ generator: inout SeededGenerator) -> Self {
        [.min, .max, 0, -1].randomElement(using: &generator).flatMap { Bool.random(using: &generator) ? $0 : nil }
            ?? Self.random(in: .min ... .max, using: &generator)
    }
}

extension Int: Arbitrary {}
extension Int64: Arbitrary {}
extension Int32: Arbitrary {}
extension Int16: Arbitrary {}

extension Double: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> Double {
        let value = Double(bitPattern: generator.next())
        return value.isNaN ? .infinity : value
    }
}

extension Bool: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> Bool { random(using: &generator) }
}

extension String: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> String {
        let letters = Array("aZ09 \"\\'{},č€😀\u{301}\n\u{1}")
        return String(
            (0..<Int.random(in: 0...30, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "a" }
        )
    }
}

extension [UInt8]: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...100, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

extension Date: Arbitrary {
    /// Whole microseconds of the years 1970 to 2100.
    static func arbitrary(_ generator: inout SeededGenerator) -> Date {
        let microseconds = Int64.random(in: -978_307_200_000_000...3_124_137_600_000_000, using: &generator)
        return Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000)
    }
}

extension CalendarDate: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> CalendarDate {
        CalendarDate(daysSince2000: Int32.random(in: -730_119...2_921_939, using: &generator))
    }
}

extension JSONB: Arbitrary {
    /// In the form that the server gives back.
    static func arbitrary(_ generator: inout SeededGenerator) -> JSONB {
        JSONB(#"{"a": \#(Int.arbitrary(&generator)), "b": [true, null]}"#)
    }
}

extension Colour: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> Colour {
        allCases.randomElement(using: &generator) ?? .red
    }
}

extension Weight: Arbitrary {
    static func arbitrary(_ generator: inout SeededGenerator) -> Weight { Weight(rawValue: .arbitrary(&generator)) }
}
