import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Organisations that take part for cities.
@Suite struct PartnerTests {
    @Test func anOrganisationIsRegisteredRevisedAndFound() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = ["ormoz", "ptuj", "lenart"].map { sampleCity($0) }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            let ids = cities.map(\.cityId)
            let bistra = PartnerFacts(
                partnerId: UUID(), name: "SRC Bistra Ptuj", role: .partner, cityIds: [ids[1], ids[0]])
            let lead = PartnerFacts(partnerId: UUID(), name: "Städtekooperation", role: .lead, cityIds: [ids[0]])
            let first = try await bench.run(
                RegisterPartners(), [RegisterPartner(bistra), RegisterPartner(lead), RegisterPartner(bistra)])
            #expect(try (0...2).map { try first.reply($0, to: RegisterPartner.self).version } == [1, 1, 1])
            #expect(try first.events(PartnerRegistered.self).map(\.partner) == [bistra, lead])

            var wider = bistra
            wider.cityIds.append(ids[2])
            let revised = try await bench.run(
                RegisterPartners(),
                [
                    RegisterPartner(wider), RegisterPartner(wider, expectedVersion: 2),
                    RegisterPartner(wider, expectedVersion: 1), RegisterPartner(wider, expectedVersion: 1),
                ])
            #expect((0...3).map { revised.problem($0)?.code } == ["partner-differs", "version-differs", nil, nil])
            #expect(try revised.events(PartnerRegistered.self).map(\.version) == [2])

            let all = try await bench.ask(FindPartnersOfCities(), FindPartners()).partners
            #expect(all.map(\.partner) == [wider, lead].sorted { $0.partnerId < $1.partnerId })
            let page = try await bench.ask(FindPartnersOfCities(), FindPartners(limit: 1))
            let rest = try await bench.ask(FindPartnersOfCities(), FindPartners(limit: 1, after: page.next))
            #expect(page.partners + rest.partners == all && rest.next == nil)
            let lenarts = try await bench.ask(FindPartnersOfCities(), FindPartners(cityId: ids[2]))
            #expect(lenarts.partners == [FindPartners.Reply.Found(partner: wider, version: 2)])
        }
    }

    @Test func itsCitiesAreRegistered() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let facts = PartnerFacts(partnerId: UUID(), name: "PORA", role: .partner, cityIds: [UUID()])
            let outcome = try await bench.run(
                RegisterPartners(), [RegisterPartner(facts), RegisterPartner(facts, expectedVersion: 1)])
            #expect([0, 1].map { outcome.problem($0)?.code } == ["city-unknown", "partner-unknown"])
            #expect(outcome.events.isEmpty)
        }
    }
}
