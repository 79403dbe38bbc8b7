import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import cities

/// Every statement on the migrated schema.
@Suite struct StatementTests {
    @Test func everyStatementFitsTheSchema() async throws {
        let statements: [any Statement] = [
            ReadCities(ids: [], slugs: []), FindCityIDs(ids: []), ReadCityPage(after: nil, max: 1),
            SearchCities(key: nil, country: nil, after: nil, max: 1), InsertCities(cities: []),
            InsertCityNames(cities: []), ReadMerchants(ids: []), ReadMerchantPage(after: nil, max: 1),
            InsertMerchants(merchants: []), SearchSimilarCities(key: "", country: nil, near: nil, max: 1),
            SearchCitiesNear(
                key: nil, country: nil, near: Near(latitude: 0, longitude: 0, radiusMetres: 1), max: 1),
            LockIndicators(keys: []), InsertIndicatorRevisions(revisions: []), WriteIndicators(revisions: []),
            SearchIndicators(query: FindIndicators(), max: 1),
            ReadIndicatorRevisions(key: try sampleValue("1").key(in: UUID()), before: 1, max: 1),
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
        ]
        let mistakes = try await withHandlerBench(CitiesDefinition.schema) { try await $0.mistakes(in: statements) }
        #expect(mistakes.isEmpty, "\(mistakes)")
    }
}
