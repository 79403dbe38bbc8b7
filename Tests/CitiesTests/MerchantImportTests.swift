import CSV
import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Importing merchants from CSV on a real database.
@Suite struct MerchantImportTests {
    private let city = sampleCity("ormoz")
    private let handler = ImportMerchantLines(accounts: .sample, seal: HandlerBench.seal)

    private func withCity(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            try await body(bench)
        }
    }

    private func command(_ csv: String, id: UUID = UUID()) -> ImportMerchants {
        ImportMerchants(importId: id, cityId: city.cityId, csv: Secret(csv))
    }

    private func importing(_ command: ImportMerchants, _ bench: HandlerBench) async throws -> ImportMerchants.Reply {
        try await bench.run(handler, [command]).reply(to: ImportMerchants.self)
    }

    private func merchants(_ bench: HandlerBench) async throws -> [FindMerchants.Found] {
        var (found, after): ([FindMerchants.Found], String?) = ([], nil)
        repeat {
            let page = try await bench.ask(FindMerchantsByName(), FindMerchants(limit: 100, after: after))
            found += page.merchants
            after = page.next
        } while after != nil
        return found
    }

    private let mixed = [
        "\u{FEFF}name;category;iban;town;postalCode;country;openingHours",
        "Knjigarna;47.61;SI56 2633 0001 2039 086;Ormož;2270;SI;\"1-5 08:00-12:00; 6 08:00-11:30\"",
        "\"Bäckerei \"\"Huber\"\"\";10.71;AT611904300234573201;;;;",
        "Mesarija;47.22;SI56263300012039087;Ormož;2270;SI;", "\"Trgovina\"x;47.11;;;;;", ";47.11;;;;;", "",
        "Cvetličarna;47;;Ormož;;SI;", "\"Dvo\nvrstična\";;;;;;", "Papirnica;4761;;;;;", "Slaščičarna;10.71;;;;;", "",
    ].joined(separator: "\r\n")

    @Test func aBadLineStopsNoOther() async throws {
        try await withCity { bench in
            let command = command(mixed)
            let reply = try await importing(command, bench)
            #expect(reply.registered == 3 && reply.unchanged == 0 && reply.lines == 9 && reply.bad == 6)
            #expect(reply.badLines.map(\.line) == [4, 5, 6, 8, 9, 11])
            #expect(
                reply.badLines.map(\.code) == ["invalid", "csv-malformed"] + [String](repeating: "invalid", count: 4))
            #expect(
                reply.badLines.map { ($0.fields ?? [:]).keys.sorted() } == [
                    ["iban"], [], ["name"], ["branches.address.postalCode", "postalCode"], ["name"], ["category"],
                ])
            let found = try await merchants(bench)
            #expect(found.map(\.merchant.name) == ["Bäckerei \"Huber\"", "Knjigarna", "Slaščičarna"])
            #expect(found[1].merchant.branches.first?.openingHours?.map(\.weekday) == [1, 2, 3, 4, 5, 6])
            #expect(found.map(\.ibanMasked) == ["AT** **** … 3201", "SI** **** … 9086", nil])
        }
    }

    @Test func theSameImportAgainHasNoSecondEffect() async throws {
        try await withCity { bench in
            let command = command(mixed)
            let first = try await bench.run(handler, [command])
            #expect(try first.events(MerchantRegistered.self).count == 3)
            let again = try await bench.run(handler, [command])
            #expect(again.events.isEmpty)
            #expect(try again.reply(to: ImportMerchants.self) == first.reply(to: ImportMerchants.self))
            var other = command
            other.csv = Secret("name\nKnjigarna\n")
            #expect(try await bench.run(handler, [other]).problem()?.code == "import-differs")
            #expect(try await merchants(bench).count == 3)
        }
    }

    @Test func theReportComesPageByPageToItsCityAlone() async throws {
        try await withCity { bench in
            let id = UUID()
            let bad = (0..<250).map { $0.isMultiple(of: 2) ? "Good \($0),1" : "Bad \($0),x" }
            for part in 1...2 {
                let lines = (["name,feeBasisPoints"] + bad).joined(separator: "\n")
                let command = ImportMerchants(
                    importId: id, cityId: city.cityId, csv: Secret(lines), partNumber: part, partCount: 3,
                    firstLine: part * 1_000)
                #expect(try await importing(command, bench).badLines.count == 100)
            }
            var (lines, after): ([Int], Int?) = ([], nil)
            repeat {
                let page = try await bench.ask(
                    ReadImportReport(), GetImportReport(importId: id, cityId: city.cityId, limit: 60, after: after))
                #expect(page.parts == 2 && page.partCount == 3 && page.bad == 250 && page.registered == 250)
                #expect(page.badLines.allSatisfy { $0.fields == ["feeBasisPoints": "is not a number"] })
                lines += page.badLines.map(\.line)
                after = page.next
            } while after != nil
            let expected = [1_000, 2_000].flatMap { first in (0..<125).map { first + 1 + $0 * 2 } }
            #expect(lines == expected)
            let problem = await #expect(throws: Problem.self) {
                try await bench.ask(ReadImportReport(), GetImportReport(importId: id, cityId: UUID()))
            }
            #expect(problem?.code == "import-unknown")
        }
    }

    @Test(arguments: [
        ("", ["name": "is missing"]), ("Name\nx", ["Name": "is no column", "name": "is missing"]),
        ("name,town,town\nx,y,z", ["town": "is there twice"]),
    ])
    func aHeaderThatIsNoneIsRefused(csv: String, fields: [String: String]) async throws {
        try await withCity { bench in
            let problem = try await bench.run(handler, [command("\(csv)\n")]).problem()
            #expect(problem?.code == "header-invalid" && problem?.fields == fields)
        }
    }

    @Test func anIdOfAnotherMerchantIsABadLine() async throws {
        try await withCity { bench in
            let facts = sampleMerchant(in: city.cityId)
            _ = try await bench.run(RegisterMerchants(), [RegisterMerchant(facts)])
            let reply = try await importing(
                command("merchantId,name\n\(facts.merchantId.text),Other\n,New\n"), bench)
            #expect(reply.registered == 1)
            #expect(reply.badLines == [ImportMerchants.BadLine(line: 2, code: "merchant-differs")])
        }
    }

    @Test func anUnknownCityIsRefused() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let outcome = try await bench.run(handler, [command("name\nx\n")])
            #expect(outcome.problem()?.code == "city-unknown")
        }
    }

    @Test func rubbishIsReportedAndNeverTraps() throws {
        var generator = SeededGenerator(seed: 23)
        let words = [
            "", "x", "\"", ",", "[{}]", "nan", "-0", "1e999", "2026-02-30", "9999-12-31", "1-7 00:00-24:00", "7-1 x-y",
            "99999999999999999999",
            "\u{0}", "SI56263300012039086", "{\"a\":", "[1]", "*", "00000000-0000-0000-0000-000000000000",
        ]
        let header = try MerchantLine.Header(MerchantColumn.allCases.map(\.rawValue))
        var good = 0
        for line in 0..<3_000 {
            let fields = MerchantColumn.allCases.map { column in
                column == .name || Int.random(in: 0...9, using: &generator) == 0
                    ? words.randomElement(using: &generator) ?? "" : ""
            }
            let read = try? MerchantLine(
                fields, header: header, cityId: city.cityId, importId: city.cityId, line: line)
            if let read {
                good += 1
                #expect(throws: Never.self) { try RegisterMerchant(read.facts).validate() }
            }
        }
        #expect(good > 10)
    }
}
