import CSV
import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import cities
@testable import citycoop

/// What is exported is imported again as it was.
@Suite struct MerchantExportTests {
    private let header = MerchantColumn.allCases.map(\.rawValue)

    private static func text(_ generator: inout SeededGenerator) -> String {
        let letters = Array("abc ,;\"'čőß€😀-|[]{}\\").map(String.init)
        let inner = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            letters.randomElement(using: &generator) ?? ""
        }
        return "x\(inner.joined())x"
    }

    private static func hours(_ generator: inout SeededGenerator) -> [OpeningHours]? {
        guard Bool.random(using: &generator) else { return nil }
        return (1...Int.random(in: 1...7, using: &generator)).map {
            OpeningHours(weekday: $0, from: "08:00", until: Bool.random(using: &generator) ? "12:30" : "24:00")
        }
    }

    private static func branch(_ generator: inout SeededGenerator) -> MerchantBranch {
        MerchantBranch(
            branchId: UUID(), name: Bool.random(using: &generator) ? text(&generator) : nil,
            position: Bool.random(using: &generator)
                ? Position(
                    latitude: .random(in: -90...90, using: &generator),
                    longitude: .random(in: -180...180, using: &generator)) : nil,
            address: PostalAddress(
                street: Bool.random(using: &generator) ? text(&generator) : nil, postalCode: "2270",
                town: text(&generator), country: "SI"), openingHours: hours(&generator))
    }

    static func merchant(in cityId: UUID, _ generator: inout SeededGenerator) -> MerchantFacts {
        func maybe<Value>(_ value: Value?) -> Value? { Bool.random(using: &generator) ? value : nil }
        let from = Day("2026-01-01")
        return MerchantFacts(
            merchantId: UUID(), cityId: cityId, name: text(&generator), category: maybe("47.61"),
            vatId: maybe("ATU13585627"),
            contract: maybe(from).map { Period(from: $0, until: maybe(Day("2031-12-31"))) },
            feeBasisPoints: maybe(Int.random(in: 0...10_000, using: &generator)),
            branches: (0..<Int.random(in: 0...3, using: &generator)).map { _ in branch(&generator) },
            terminals: (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                MerchantTerminal(terminalId: UUID(), name: text(&generator))
            }, contactPersonId: maybe(UUID()))
    }

    @Test func aRowIsReadAsTheMerchantItWasWrittenFrom() throws {
        var generator = SeededGenerator(seed: 29)
        let (cityId, columns) = (UUID(), try MerchantLine.Header(header))
        for line in 2..<800 {
            let facts = Self.merchant(in: cityId, &generator)
            let found = FindMerchants.Found(
                merchant: facts, version: 1, closedFrom: line.isMultiple(of: 3) ? Day("2027-05-01") : nil,
                ibanMasked: "AT** **** … 3201")
            var reader = CSVReader(Array(CSVWriter.line(MerchantRow.fields(found)).utf8), delimiter: 0x2C)
            let next = reader.next()
            let record = try #require(next)
            let read = try MerchantLine(
                record.fields, header: columns, cityId: cityId, importId: UUID(), line: line)
            #expect(read.facts == facts && read.closedFrom == found.closedFrom && read.iban == nil)
        }
    }

    @Test func anExportChangesNothingWhereItCameFromAndMakesTheSameElsewhere() async throws {
        var generator = SeededGenerator(seed: 29)
        let city = sampleCity("ormoz")
        let merchants = (0..<120).map { _ in Self.merchant(in: city.cityId, &generator) }
        let handler = ImportMerchantLines(accounts: .sample, seal: HandlerBench.seal)
        func export(_ bench: HandlerBench) async throws -> String {
            var (text, after): (String, String?) = (CSVWriter.line(header), nil)
            repeat {
                let page = try await bench.ask(FindMerchantsByName(), FindMerchants(limit: 50, after: after))
                text += page.merchants.map { CSVWriter.line(MerchantRow.fields($0)) }.joined()
                after = page.next
            } while after != nil
            return text
        }
        let (csv, whole) = try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let iban = Secret("AT611904300234573201")
            _ = try await bench.run(RegisterMerchants(), merchants.map { RegisterMerchant($0, iban: iban) })
            let csv = try await export(bench)
            let command = ImportMerchants(importId: UUID(), cityId: city.cityId, csv: Secret(csv))
            let reply = try await bench.run(handler, [command]).reply(to: ImportMerchants.self)
            #expect(reply.unchanged == 120 && reply.registered == 0 && reply.bad == 0, "\(reply)")
            return (csv, try await bench.database.execute(ReadMerchantPage(after: nil, max: 500)).map(\.facts))
        }
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let command = ImportMerchants(importId: UUID(), cityId: city.cityId, csv: Secret(csv))
            let reply = try await bench.run(handler, [command]).reply(to: ImportMerchants.self)
            #expect(reply.registered == 120 && reply.bad == 0, "\(reply)")
            #expect(try await bench.database.execute(ReadMerchantPage(after: nil, max: 500)).map(\.facts) == whole)
            #expect(whole == merchants.sorted { $0.merchantId < $1.merchantId })
        }
    }

    @Test func aFileIsCutBetweenRecordsAndKeepsItsLineNumbers() throws {
        let rows = (0..<500).map { "Merchant \($0),\"two\r\nlines\"" }
        let bytes = Array((["\u{FEFF}name,street"] + rows).joined(separator: "\r\n").utf8)
        let parts = try MerchantFile.parts(of: bytes, bytesMax: 1_000, linesMax: 100)
        #expect(parts.count > 10)
        var (next, fields): (Int, [[String]]) = (2, [])
        for part in parts {
            #expect(part.csv.utf8.count <= 1_100 && part.firstLine == next)
            var reader = CSVReader(Array(part.csv.utf8), line: part.firstLine - 1)
            let columns = reader.next()
            #expect(columns?.fields == ["name", "street"])
            while let record = reader.next() {
                #expect(record.mistake == nil)
                fields.append(record.fields)
                next = record.line + 2
            }
        }
        #expect(fields == (0..<500).map { ["Merchant \($0)", "two\r\nlines"] })
        #expect(throws: CommandFailure.self) { try MerchantFile.parts(of: [0xFF, 0x0A]) }
        #expect(throws: CommandFailure.self) { try MerchantFile.parts(of: []) }
        #expect(try MerchantFile.parts(of: Array("name".utf8)) == [MerchantFile.Part(csv: "name\r\n", firstLine: 2)])
    }
}
