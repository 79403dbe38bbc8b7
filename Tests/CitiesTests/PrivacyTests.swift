import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import cities

/// The coordinator: a request is done when all services have answered.
@Suite struct PrivacyTests {
    private let seal = HandlerBench.seal

    @Test func allServicesAreAskedAndTheLastAnswerCompletesTheRequest() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestErasure(requestId: UUID(), personId: UUID(), reason: "by letter")
            let asked = try await bench.run(RequestErasures(seal: seal), [command])
            #expect(try asked.reply(to: RequestErasure.self).isComplete == false)
            let types = asked.commands.map(\.type)
            #expect(
                Set(types)
                    == Set(
                        ServiceName.allCases.map { "\($0).erase-person.v1" } + [RepeatPrivacyRequest.type.description]))
            let reminder = asked.commands.first { $0.type == RepeatPrivacyRequest.type.description }
            #expect(reminder?.due != nil)
            for (number, service) in ServiceName.allCases.enumerated() {
                // Every answer comes twice.
                for repetition in 0...1 {
                    let outcome = try await answer(command.requestId, service, in: bench)
                    let isLast = number == 3
                    #expect(try outcome.reply(to: AnswerPrivacyRequest.self).isComplete == isLast)
                    let completed = try outcome.events(PrivacyRequestCompleted.self)
                    #expect(completed.count == (isLast && repetition == 0 ? 1 : 0))
                }
            }
            let state = try await bench.ask(
                TellPrivacyRequest(seal: seal), GetPrivacyRequest(requestId: command.requestId))
            #expect(state.completedAt != nil && state.answers.count == 4 && state.requestedBy == "operator")
            // Whom it was for is forgotten.
            let row = try await bench.database.execute(ReadPrivacyRequests(ids: [command.requestId])).first
            #expect(row?.sealedPerson == nil && row?.reason == "")
            let audit = try await bench.audit(of: CitiesService.self)
            #expect(audit.map(\.auditedId) == [command.requestId])
        }
    }

    @Test func aBatchWithAllAnswersTwiceCompletesOnce() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestExport(requestId: UUID(), personId: UUID(), reason: "by letter")
            _ = try await bench.run(RequestExports(seal: seal), [command])
            for service in ServiceName.allCases.dropLast() {
                _ = try await answer(command.requestId, service, in: bench)
            }
            let last = AnswerPrivacyRequest(requestId: command.requestId, service: .notifications, findings: [])
            let outcome = try await bench.run(TakePrivacyAnswers(seal: seal), [last, last], user: "notifications")
            #expect(try outcome.events(PrivacyRequestCompleted.self).count == 1)
        }
    }

    @Test func whoIsSilentIsAskedAgainLaterAndLater() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestExport(requestId: UUID(), personId: UUID(), reason: "by letter")
            _ = try await bench.run(RequestExports(seal: seal), [command])
            for service in [ServiceName.cities, .events, .notifications] {
                _ = try await answer(command.requestId, service, in: bench)
            }
            let reminder = RepeatPrivacyRequest(requestId: command.requestId, attempts: 1)
            let outcome = try await bench.run(RepeatPrivacyRequests(seal: seal), [reminder], user: "cities")
            let asked = try outcome.commands(ExportPerson<VouchersService>.self)
            #expect(asked.map(\.personId) == [command.personId])
            #expect(outcome.commands.count == 2)
            #expect(try outcome.commands(RepeatPrivacyRequest.self).map(\.attempts) == [2])
            _ = try await answer(command.requestId, .vouchers, in: bench)
            let done = try await bench.run(RepeatPrivacyRequests(seal: seal), [reminder], user: "cities")
            #expect(done.commands.isEmpty)
            let delays = (0..<12).map(PrivacyReminder.delay)
            #expect(delays.first == 60 && delays.last == 3_600)
            #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test func nobodyAnswersForAnotherOrForNothing() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestExport(requestId: UUID(), personId: UUID(), reason: "by letter")
            _ = try await bench.run(RequestExports(seal: seal), [command])
            let forged = AnswerPrivacyRequest(requestId: command.requestId, service: .vouchers, findings: [])
            let outcome = try await bench.run(TakePrivacyAnswers(seal: seal), [forged], user: "events")
            #expect(outcome.problem()?.code == "not-the-service")
            let unknown = try await answer(UUID(), .vouchers, in: bench)
            #expect(unknown.problem()?.code == "request-unknown")
        }
    }

    @Test func aRepeatGetsTheSameAndOtherContentIsRefused() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestExport(requestId: UUID(), personId: UUID(), reason: "by letter")
            var other = command
            other.personId = UUID()
            let outcome = try await bench.run(RequestExports(seal: seal), [command, command, other])
            #expect(outcome.commands.count == 5)
            #expect(try outcome.reply(1, to: RequestExport.self) == outcome.reply(0, to: RequestExport.self))
            #expect(outcome.problem(2)?.code == "request-differs")
            let erasure = RequestErasure(requestId: command.requestId, personId: command.personId, reason: "by letter")
            let refused = try await bench.run(RequestErasures(seal: seal), [erasure])
            #expect(refused.problem()?.code == "request-differs")
        }
    }

    @Test func whatWasGivenOutIsErasedWithThePerson() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let command = RequestExport(requestId: UUID(), personId: UUID(), reason: "by letter")
            _ = try await bench.run(RequestExports(seal: seal), [command])
            for service in ServiceName.allCases { _ = try await answer(command.requestId, service, "{}", in: bench) }
            let query = GetPrivacyRequest(requestId: command.requestId, service: .vouchers)
            let before = try await bench.ask(TellPrivacyRequest(seal: seal), query)
            #expect(before.answers.first?.data?.revealed == "{}")
            let data = PrivacyData(seal: seal, accounts: .sample)
            let found = try await bench.export(command.personId, of: CitiesService.self, from: data)
            #expect(found.findings.map(\.category) == ["privacy-requests"])
            let (findings, _) = try await bench.erase(command.personId, of: CitiesService.self, from: data)
            #expect(
                findings.map { "\($0.category) \($0.count) \($0.outcome)" } == [
                    "given-out 4 erased", "privacy-requests 1 kept",
                ])
            let after = try await bench.ask(TellPrivacyRequest(seal: seal), query)
            #expect(after.answers.count == 1 && after.answers.first?.data == nil)
        }
    }

    private func answer(
        _ requestId: UUID, _ service: ServiceName, _ data: String? = nil, in bench: HandlerBench
    ) async throws -> HandlerBench.Outcome {
        let answer = AnswerPrivacyRequest(
            requestId: requestId, service: service, findings: [PersonFinding("contact", 1, .found)],
            data: data.map { Secret($0) })
        return try await bench.run(TakePrivacyAnswers(seal: seal), [answer], user: service.rawValue)
    }
}
