import Contracts
import FoundationEssentials
import Messaging

/// The messages about failures, status, audit, intake and tombstones that every service answers to, by service.
struct ServiceOperations: Sendable {
    /// Asks.
    let requester: Requester
    /// How long an answer may take.
    let limit: Duration

    private func owner(_ service: ServiceName) -> any ServiceOwner.Type {
        switch service {
        case .cities: CitiesService.self
        case .events: EventsService.self
        case .vouchers: VouchersService.self
        case .notifications: NotificationsService.self
        }
    }

    /// How the service is.
    func status(of service: ServiceName) async throws -> ServiceStatus {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> ServiceStatus {
            try await requester.call(GetStatus<Owner>(), within: limit)
        }
        return try await ask(owner(service))
    }

    /// A page of its failed messages.
    func failures(
        of service: ServiceName, state: FailureState?, type: String?, code: String?, limit max: Int, after: UUID?
    ) async throws -> FailurePage {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> FailurePage {
            let query = FindFailures<Owner>(state: state, type: type, code: code, limit: max, after: after)
            return try await requester.call(query, within: limit)
        }
        return try await ask(owner(service))
    }

    /// One failed message; nil if the service does not know it.
    func failure(_ id: UUID, of service: ServiceName) async throws -> FailureDetail? {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> FailureDetail {
            try await requester.call(GetFailure<Owner>(failureId: id), within: limit)
        }
        do {
            return try await ask(owner(service))
        } catch RequestError.problem(let problem) where problem.code == "failure-unknown" {
            return nil
        }
    }

    /// Its failed messages, counted: those of a state, or the open ones; of these, so many of the oldest.
    func groups(
        of service: ServiceName, _ failures: FailureSelection, limit max: Int? = nil
    ) async throws -> FailureGroups {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> FailureGroups {
            let query = FindFailureGroups<Owner>(
                state: failures.state, type: failures.type, code: failures.code, failureIds: failures.failureIds,
                limit: max)
            return try await requester.call(query, within: limit)
        }
        return try await ask(owner(service))
    }

    /// Has failed messages tried again.
    func redrive(_ page: ActPage, _ redrive: Redrive, of service: ServiceName) async throws -> FailuresTouched {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> FailuresTouched {
            let command = RedriveFailures<Owner>(
                page.failures, reason: redrive.reason, redriveId: redrive.id, perSecond: redrive.perSecond,
                delaySeconds: redrive.perSecond.map { Double(page.before) / $0 }, limit: page.limit)
            return try await requester.call(command, within: limit)
        }
        return try await ask(owner(service))
    }

    /// How a redrive goes.
    func progress(of redriveId: UUID, in service: ServiceName) async throws -> RedriveProgress {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> RedriveProgress {
            try await requester.call(GetRedrive<Owner>(redriveId: redriveId), within: limit)
        }
        return try await ask(owner(service))
    }

    /// Gives failed messages up.
    func discard(_ page: ActPage, reason: String, of service: ServiceName) async throws -> FailuresTouched {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> FailuresTouched {
            let command = DiscardFailures<Owner>(page.failures, reason: reason, limit: page.limit)
            return try await requester.call(command, within: limit)
        }
        return try await ask(owner(service))
    }

    /// Puts another body into a failed message.
    func edit(
        _ id: UUID, to body: Secret, revision: Int?, reason: String?, of service: ServiceName
    ) async throws -> EditedFailure {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> EditedFailure {
            let command = EditFailure<Owner>(failureId: id, body: body, revision: revision, reason: reason)
            return try await requester.call(command, within: limit)
        }
        return try await ask(owner(service))
    }

    /// A failed message in the clear.
    func reveal(_ id: UUID, reason: String, of service: ServiceName) async throws -> RevealedFailure {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> RevealedFailure {
            try await requester.call(RevealFailure<Owner>(failureId: id, reason: reason), within: limit)
        }
        return try await ask(owner(service))
    }

    /// A page of its audit.
    func audit(of service: ServiceName, auditedId: UUID?, limit max: Int, after: Int64?) async throws -> AuditPage {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> AuditPage {
            let query = FindAudit<Owner>(auditedId: auditedId, limit: max, after: after)
            return try await requester.call(query, within: limit)
        }
        return try await ask(owner(service))
    }

    /// Pauses its intake; returns until when.
    func pause(for seconds: Int, reason: String?, of service: ServiceName) async throws -> IntakeState {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> IntakeState {
            try await requester.call(PauseIntake<Owner>(seconds: seconds, reason: reason), within: limit)
        }
        return try await ask(owner(service))
    }

    /// Has it take in again.
    func resume(_ service: ServiceName) async throws -> IntakeState {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> IntakeState {
            try await requester.call(ResumeIntake<Owner>(), within: limit)
        }
        return try await ask(owner(service))
    }

    /// A page of whom it has erased.
    func tombstones(of service: ServiceName, after: AuditHash?) async throws -> TombstonePage {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> TombstonePage {
            try await requester.call(FindTombstones<Owner>(after: after), within: limit)
        }
        return try await ask(owner(service))
    }

    /// Has it erase again whom these name; returns how many had come back, and what was erased of them.
    func apply(
        _ tombstones: [Tombstone], to service: ServiceName
    ) async throws -> (erased: Int, findings: [PersonFinding]) {
        func ask<Owner: ServiceOwner>(_: Owner.Type) async throws -> (Int, [PersonFinding]) {
            let reply = try await requester.call(ApplyTombstones<Owner>(tombstones: tombstones), within: limit)
            return (reply.erased, reply.findings)
        }
        return try await ask(owner(service))
    }

    /// Asks several services at once; the answers and the failures come in the order of the services.
    func each<Answer: Sendable>(
        of services: [ServiceName], _ question: @escaping @Sendable (ServiceName) async throws -> Answer
    ) async -> [(service: ServiceName, answer: Result<Answer, any Error>)] {
        await withTaskGroup(of: (ServiceName, Result<Answer, any Error>).self) { group in
            for service in services {
                group.addTask {
                    do {
                        return (service, .success(try await question(service)))
                    } catch {
                        return (service, .failure(error))
                    }
                }
            }
            var answers: [ServiceName: Result<Answer, any Error>] = [:]
            for await (service, answer) in group { answers[service] = answer }
            return services.compactMap { service in answers[service].map { (service, $0) } }
        }
    }
}
