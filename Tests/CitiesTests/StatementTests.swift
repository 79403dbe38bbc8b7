import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import cities

/// Every statement on the migrated schema.
@Suite struct StatementTests {
    @Test func everyStatementFitsTheSchema() async throws {
        let filter = MerchantFilter(FindMerchants(), pattern: nil)
        let near = FindMerchants.Near(latitude: 46, longitude: 16, radiusMetres: 1)
        let part = ImportPart(
            importId: UUID(), part: 1, partCount: 1, cityId: UUID(), content: [], lines: 0, registered: 0,
            unchanged: 0, bad: 0)
        let statements: [any Statement] = [
            ReadCities(ids: [], slugs: []), FindCityIDs(ids: []), ReadCityPage(after: nil, max: 1),
            SearchCities(key: nil, country: nil, after: nil, max: 1), InsertCities(cities: []),
            InsertCityNames(cities: []), ReadMerchants(ids: []), ReadMerchantPage(after: nil, max: 1),
            LockCities(ids: []), UpdateCities(cities: []), DeleteCityNames(ids: []),
            ReadNewestProfiles(cityIds: []), ReadProfile(cityId: UUID(), version: nil), WriteProfiles(profiles: []),
            LockPartners(ids: []), ReadPartners(ids: []), SearchPartners(cityId: nil, after: nil, max: 1),
            InsertPartners(partners: []), UpdatePartners(partners: []), DeletePartnerCities(ids: []),
            InsertPartnerCities(partners: []), ReadMemberships(cityIds: []), ReadMembershipPage(after: nil, max: 1),
            SearchMembers(day: Day(number: 0), state: nil, after: nil, max: 1), WriteMemberships(memberships: []),
            InsertMembershipEntries(memberships: []), ReadAcceptances(issuers: [], acceptors: []),
            ReadAcceptancePage(after: nil, max: 1), WriteAcceptances(acceptances: []),
            InsertAcceptanceEdges(acceptances: []),
            LockGrants(ids: []), ReadGrantStates(ids: []),
            ReadGrantPage(user: nil, after: nil, max: 1), InsertGrants(grants: []), ReviseGrants(grants: []),
            FindMerchantIDs(ids: []),
            LockPrivacyRequests(ids: []), ReadPrivacyRequests(ids: []),
            InsertPrivacyRequest(
                request: PrivacyRequest(
                    requestId: UUID(), kind: .export, personKey: [], reason: "", requestedBy: "", requestedAt: Date())),
            CompletePrivacyRequest(requestId: UUID()),
            InsertPrivacyAnswer(requestId: UUID(), service: "", findings: []), ReadPrivacyAnswers(requestId: UUID()),
            ForgetExports(), EraseExports(personKeys: []), UnnameExportRequests(personKeys: []),
            ReadRequestsOfPerson(personKeys: []),
            SearchSimilarCities(key: "", country: nil, near: nil, max: 1),
            SearchCitiesNear(
                key: nil, country: nil, near: Near(latitude: 0, longitude: 0, radiusMetres: 1), max: 1),
            LockIndicators(keys: []), InsertIndicatorRevisions(revisions: []), WriteIndicators(revisions: []),
            SearchIndicators(query: FindIndicators(), max: 1),
            ReadIndicatorRevisions(key: try sampleValue("1").key(in: UUID()), before: 1, max: 1),
            InsertMerchants(merchants: []), LockMerchants(ids: []), UpdateMerchants(merchants: []),
            DeleteBranches(merchants: []), InsertBranches(of: []), PlanForParameters(), PlanNearestFirst(),
            SearchMerchants(filter: filter, after: nil, max: 1), SearchSimilarMerchants(filter: filter, max: 1),
            SearchNearMerchants(filter, near, after: nil, max: 1),
            SearchMappedMerchants(FindMerchantsGeoJSON(), max: 1), ReadImportPart(importId: UUID(), part: 1),
            try WriteBadLines(part: part, lines: []), WriteImportPart(part: part),
            ReadBadLines(importId: UUID(), part: nil, max: 1), SumImportParts(importId: UUID(), cityId: UUID()),
            ReadMerchantsOfContact(personId: UUID()), ListContactPersons(after: nil, max: 1),
            LockMerchantsOfContact(personId: UUID(), after: nil, max: 1),
        ]
        let mistakes = try await withHandlerBench(CitiesDefinition.schema) { try await $0.mistakes(in: statements) }
        #expect(mistakes.isEmpty, "\(mistakes)")
    }
}
