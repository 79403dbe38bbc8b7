import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells where a request stands: `cities.get-privacy-request.v1`.
struct TellPrivacyRequest: QueryHandler {
    static let access: AccessRule<GetPrivacyRequest> = .administrators

    let seal: Seal

    func answer(
        _ query: GetPrivacyRequest, from asker: Asker, reading database: Pool
    ) async throws -> GetPrivacyRequest.Reply {
        let (requests, rows) = try await database.execute(
            ReadPrivacyRequests(ids: [query.requestId]), ReadPrivacyAnswers(requestId: query.requestId))
        guard let request = requests.first else { throw PrivacyRefusalReason.requestUnknown.problem }
        let answers = try rows.compactMap { row -> GetPrivacyRequest.Answer? in
            guard let service = ServiceName(rawValue: row.service), query.service == nil || query.service == service
            else { return nil }
            let sealed = query.service == nil ? nil : row.sealedData
            return GetPrivacyRequest.Answer(
                service: service, answeredAt: Timestamp(row.answeredAt),
                findings: try JSONDecoder().decode([PersonFinding].self, from: Data(row.findings)),
                data: try sealed.map {
                    Secret(String(decoding: try seal.open($0, for: request.requestId), as: UTF8.self))
                })
        }
        return GetPrivacyRequest.Reply(
            requestId: request.requestId, kind: request.kind, requestedBy: request.requestedBy,
            requestedAt: Timestamp(request.requestedAt), completedAt: request.completedAt.map { Timestamp($0) },
            answers: answers)
    }
}
