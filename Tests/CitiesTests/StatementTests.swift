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
            InsertMerchants(merchants: []), LockGrants(ids: []), ReadGrantStates(ids: []),
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
