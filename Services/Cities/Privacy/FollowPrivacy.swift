import Contracts
import FoundationEssentials
import Messaging

/// Takes the services' answers, and completes a request with the last of them: `cities.answer-privacy-request.v1`.
struct TakePrivacyAnswers: Handler {
    static let access: AccessRule<AnswerPrivacyRequest> = .services
    /// An answer may be half a megabyte.
    static let batchMax = 16

    let seal: Seal

    func handle(_ batch: Batch<AnswerPrivacyRequest>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.requestId)).sorted()
        let (_, known) = try await transaction.execute(LockPrivacyRequests(ids: ids), ReadPrivacyRequests(ids: ids))
        let requests = Dictionary(known.map { ($0.requestId, $0) }) { first, _ in first }
        var completed = Set(known.filter { $0.completedAt != nil }.map(\.requestId))
        for answer in batch.messages {
            guard answer.envelope.user == answer.service.rawValue else {
                transaction.refuse(answer, PrivacyRefusalReason.notTheService.problem)
                continue
            }
            guard let request = requests[answer.requestId] else {
                transaction.refuse(answer, PrivacyRefusalReason.requestUnknown.problem)
                continue
            }
            transaction.write(
                InsertPrivacyAnswer(
                    requestId: request.requestId, service: answer.service.rawValue,
                    findings: [UInt8](try JSONEncoder().encode(answer.findings)),
                    sealedData: try answer.data.map { try seal.seal(Array($0.revealed.utf8), for: request.requestId) }))
            let answered = try await transaction.execute(ReadPrivacyAnswers(requestId: request.requestId))
            let isComplete = answered.count == ServiceName.allCases.count
            if isComplete, completed.insert(request.requestId).inserted {
                transaction.write(CompletePrivacyRequest(requestId: request.requestId))
                transaction.publish(
                    PrivacyRequestCompleted(requestId: request.requestId, kind: request.kind), because: answer)
            }
            transaction.answer(
                answer, with: PrivacyRequestTaken(requestId: request.requestId, isComplete: isComplete))
        }
    }
}

/// Asks the services again that have not answered: `cities.repeat-privacy-request.v1`.
struct RepeatPrivacyRequests: Handler {
    static let access: AccessRule<RepeatPrivacyRequest> = .services

    let seal: Seal

    func handle(_ batch: Batch<RepeatPrivacyRequest>, in transaction: inout MessageTransaction) async throws {
        let known = try await transaction.execute(ReadPrivacyRequests(ids: batch.messages.map(\.requestId)))
        let requests = Dictionary(known.map { ($0.requestId, $0) }) { first, _ in first }
        for reminder in batch.messages {
            guard let request = requests[reminder.requestId] else {
                transaction.refuse(reminder, PrivacyRefusalReason.requestUnknown.problem)
                continue
            }
            let answers = try await transaction.execute(ReadPrivacyAnswers(requestId: request.requestId))
            let silent = ServiceName.allCases.filter { service in
                !answers.contains { $0.service == service.rawValue }
            }
            if request.completedAt == nil, !silent.isEmpty, let person = try seal.person(of: request) {
                transaction.ask(silent, for: request, about: person, attempts: reminder.attempts, because: reminder)
            }
            transaction.answer(reminder, with: request.reply)
        }
    }
}
