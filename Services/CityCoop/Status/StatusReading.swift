import AMQP
import Contracts
import FoundationEssentials
import ManagementAPI
import Messaging

/// Finds out how the suite is.
struct StatusReading: Sendable {
    let surroundings: Surroundings
    let broker: BrokerAddress
    /// Absent: counts of unacknowledged messages and ages are then unknown.
    let management: ManagementAPI?
    /// How long a service may take to answer.
    let limit: Duration

    /// Asks services and broker at once.
    func read() async throws -> SuiteReport {
        try await OperatorSession.with(broker) { session in
            async let services = services(session.requester)
            let (queues, missing) = try await queues()
            let unroutable = queues.first { $0.name == Topology.Names.unroutable }?.ready ?? 0
            return SuiteReport(
                services: await services, queues: queues, missingQueues: missing, unroutable: unroutable)
        }
    }

    // MARK: Services

    private func services(_ requester: Requester) async -> [SuiteReport.Service] {
        let operations = ServiceOperations(requester: requester, limit: limit)
        let answers = await operations.each(of: ServiceName.allCases) { service in
            async let health = health(of: service)
            let answer: Result<ServiceStatus, any Error>
            do {
                answer = .success(try await operations.status(of: service))
            } catch {
                answer = .failure(error)
            }
            let (ready, readiness) = await health
            var report = SuiteReport.Service(name: service, ready: ready, readiness: readiness)
            switch answer {
            case .success(let status): report.status = status
            case .failure(let error): report.silence = CommandFailure(explaining: error).text
            }
            return report
        }
        return answers.compactMap { try? $0.answer.get() }
    }

    private func health(of service: ServiceName) async -> (ready: Bool?, text: String) {
        guard let url = surroundings.healthURL(of: service) else {
            return (nil, "\(surroundings.portName(service)) is not set")
        }
        do {
            let answer = try await HTTPProbe().get(url)
            if answer.status == 200 { return (true, "ready") }
            return (false, String(decoding: answer.body.prefix(500), as: UTF8.self).trimmed)
        } catch {
            return (false, "not reachable: \(error.text)")
        }
    }

    // MARK: Queues

    /// Ready messages and consumers come from the queues themselves, the rest from the broker's statistics, which lag.
    private func queues() async throws -> (there: [SuiteReport.Queue], missing: [String]) {
        let names = Topology.suite.queues.map(\.name)
        let counts = try await Administration.with(broker, name: "citycoop status") { channel in
            var counts: [String: QueueCounts] = [:]
            for name in names {
                do {
                    counts[name] = try channel.requireQueue(name)
                } catch let error as AMQPError where error.replyCode == 404 {}
            }
            return counts
        }
        let statistics = try await management?.queues(in: broker.virtualHost) ?? []
        let now = Date().timeIntervalSince1970
        let there = names.compactMap { name -> SuiteReport.Queue? in
            guard let count = counts[name] else { return nil }
            let statistic = statistics.first { $0.name == name }
            let head = count.messages > 0 ? statistic?.headMessageTimestamp : nil
            return SuiteReport.Queue(
                name: name, ready: count.messages, unacknowledged: statistic?.unacknowledged,
                consumers: count.consumers, headAgeSeconds: head.map { max(0, now - Double($0)) })
        }
        return (there, names.filter { counts[$0] == nil })
    }
}
