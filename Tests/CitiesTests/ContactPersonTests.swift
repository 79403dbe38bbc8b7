import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Merchants name a person to speak to, until that person wants to be named no more.
@Suite struct ContactPersonTests {
    private let city = sampleCity("ormoz")
    private let data = PrivacyData(seal: HandlerBench.seal, accounts: .sample)

    private func withCity(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            try await body(bench)
        }
    }

    /// Merchants of which a person is the contact, by id.
    private func merchants(of person: UUID, _ count: Int, in bench: HandlerBench) async throws -> [MerchantFacts] {
        let facts = (0..<count).map { number in
            var facts = sampleMerchant(in: city.cityId, name: "Knjigarna \(number)")
            facts.contactPersonId = person
            return facts
        }.sorted { $0.merchantId < $1.merchantId }
        let iban = Secret("SI56263300012039086")
        _ = try await bench.run(RegisterMerchants(), facts.map { RegisterMerchant($0, iban: iban) })
        return facts
    }

    private func get(_ id: UUID, _ bench: HandlerBench) async throws -> GetMerchant.Reply {
        try await bench.ask(GetMerchantByID(), GetMerchant(merchantId: id))
    }

    @Test func whoseContactSomebodyIsIsGivenOut() async throws {
        try await withCity { bench in
            let person = UUID()
            let facts = try await merchants(of: person, 2, in: bench)
            _ = try await merchants(of: UUID(), 1, in: bench)
            let given = try await bench.export(person, of: CitiesService.self, from: data)
            #expect(given.findings == [PersonFinding("merchants", 2, .found)])
            #expect(given.records["merchants"]?.map { $0["merchantId"] } == facts.map(\.merchantId.text))
            #expect(given.records["merchants"]?.map { $0["name"] } == facts.map(\.name))
        }
    }

    @Test func anErasureRevisesTheMerchantsAndLeavesTheRest() async throws {
        try await withCity { bench in
            let (person, other) = (UUID(), UUID())
            let facts = try await merchants(of: person, 2, in: bench)
            let others = try await merchants(of: other, 1, in: bench)
            let (findings, outcome) = try await bench.erase(person, of: CitiesService.self, from: data)
            #expect(findings == [PersonFinding("merchants", 2, .erased)])
            let events = try outcome.events(MerchantRegistered.self)
            #expect(events.map(\.merchantId) == facts.map(\.merchantId) && events.map(\.version) == [2, 2])
            #expect(outcome.events.map(\.sequence) == [2, 2])
            for var expected in facts {
                expected.contactPersonId = nil
                let merchant = try await get(expected.merchantId, bench)
                #expect(merchant.merchant == expected && merchant.version == 2)
                #expect(merchant.ibanMasked == "SI** **** … 9086")
            }
            #expect(try await get(others[0].merchantId, bench).merchant == others[0])
            let near = FindMerchants.Near(latitude: 46.4121, longitude: 16.1522, radiusMetres: 10)
            #expect(
                try await bench.ask(FindMerchantsByName(), FindMerchants(near: near)).merchants.count == 3,
                "branches are where they were")
            // An editor who has not seen it would bring the person back.
            let revision = ReviseMerchant(facts[0], expectedVersion: 1)
            let late = try await bench.run(ReviseMerchants(accounts: .sample), [revision])
            #expect(late.problem()?.code == "version-differs")

            let audit = try await bench.audit(of: CitiesService.self)
            let changes = audit.filter { $0.auditedId == facts[0].merchantId }
            #expect(changes.map(\.version) == [1, 2] && changes.last?.causeType == "cities.erase-person.v1")
            let again = try await bench.erase(person, of: CitiesService.self, from: data)
            #expect(again.findings.isEmpty && again.outcome.events.isEmpty)
        }
    }

    @Test func moreThanAPageIsErased() async throws {
        try await withCity { bench in
            let person = UUID()
            let count = ContactPersons.pageMax + 1
            let facts = try await merchants(of: person, count, in: bench)
            let (findings, outcome) = try await bench.erase(person, of: CitiesService.self, from: data)
            #expect(findings == [PersonFinding("merchants", Int64(count), .erased)])
            #expect(try outcome.events(MerchantRegistered.self).map(\.merchantId) == facts.map(\.merchantId))
        }
    }

    @Test func whoComesBackWithABackupIsErasedAgain() async throws {
        try await withCity { bench in
            let (person, other) = (UUID(), UUID())
            _ = try await bench.erase(person, of: CitiesService.self, from: data)
            let tombstones = try await bench.tombstones(of: CitiesService.self)
            #expect(tombstones.count == 1)
            // There is no inbox here that would look for the tombstone: as if a backup had brought them.
            let facts = try await merchants(of: person, 1, in: bench)
            let others = try await merchants(of: other, 1, in: bench)
            let reply = try await bench.apply(tombstones, of: CitiesService.self, from: data)
            #expect(reply.erased == 1 && reply.findings == [PersonFinding("merchants", 1, .erased)])
            #expect(try await get(facts[0].merchantId, bench).merchant.contactPersonId == nil)
            #expect(try await get(others[0].merchantId, bench).merchant.contactPersonId == other)
            let again = try await bench.apply(tombstones, of: CitiesService.self, from: data)
            #expect(again.erased == 0)
        }
    }

    @Test func aFileDoesNotBringThemBack() async throws {
        try await withCity { bench in
            let (person, other) = (UUID(), UUID())
            _ = try await bench.erase(person, of: CitiesService.self, from: data)
            let lines = ["One,\(person.text)", "Two,\(other.text)", "Three,", "Four,\(person.text)"]
            let command = ImportMerchants(
                importId: UUID(), cityId: city.cityId,
                csv: Secret((["name,contactPersonId"] + lines).joined(separator: "\n")))
            let handler = ImportMerchantLines(accounts: .sample, seal: HandlerBench.seal)
            let outcome = try await bench.run(handler, [command])
            let reply = try outcome.reply(to: ImportMerchants.self)
            #expect(reply.registered == 2 && reply.bad == 2)
            #expect(reply.badLines.map(\.line) == [2, 5])
            #expect(reply.badLines.allSatisfy { $0.code == "person-erased" && $0.fields == nil })
            #expect(try outcome.events(MerchantRegistered.self).map(\.name) == ["Two", "Three"])
        }
    }

    @Test func registrationsAndRevisionsAreAboutTheirContact() {
        let facts = sampleMerchant(in: UUID())
        #expect(RegisterMerchant(facts).personConcerned == facts.contactPersonId)
        #expect(ReviseMerchant(facts, expectedVersion: 1).personConcerned == facts.contactPersonId)
        #expect(RegisterMerchant(merchantId: UUID(), cityId: UUID(), name: "x").personConcerned == nil)
    }
}
