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
            async let answers = services(session.requester)
            async let broker = brokerState()
            let (queues, missing) = try await queues()
            var services = await answers
            for index in services.indices {
                let reading = Topology.Names.queue(services[index].name, .queries)
                services[index].instances = queues.first { $0.name == reading }?.consumers
            }
            let unroutable = queues.first { $0.name == Topology.Names.unroutable }?.ready ?? 0
            return SuiteReport(
                services: services, broker: try await broker, queues: queues, missingQueues: missing,
                unroutable: unroutable)
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
            if answer.status == 200 { return (true, "") }
            return (false, HealthAnswer(answer.body)?.faults ?? "HTTP \(answer.status)")
        } catch {
            return (false, "not reachable: \(error.text)")
        }
    }

    // MARK: Broker

    private func brokerState() async throws -> SuiteReport.Broker? {
        guard let management else { return nil }
        let connections = try await management.connections(in: broker.virtualHost)
        var state = SuiteReport.Broker(
            version: try await management.overview().version, connections: connections.count,
            blocked: connections.count { $0.state == "blocked" || $0.state == "blocking" })
        // Only who may monitor hears of nodes.
        guard let nodes = try? await management.nodes() else { return state }
        state.alarms = nodes.flatMap(\.alarms)
        state.diskFreeBytes = nodes.compactMap(\.diskFreeBytes).min()
        state.memoryBytes = nodes.compactMap(\.memoryBytes).reduce(0, +)
        return state
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

/// What a service says about its readiness over HTTP.
struct HealthAnswer: Decodable {
    struct Check: Decodable {
        var name: String
        var ok: Bool
        var detail: String
    }

    var checks: [Check]

    /// Reads an answer; nil if it is not one.
    init?(_ body: [UInt8]) {
        guard let answer = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
        self = answer
    }

    /// The checks that are not in order, with what they say.
    var faults: String {
        checks.filter { !$0.ok }.map { "\($0.name): \($0.detail)" }.joined(separator: "; ")
    }
}

extension NodeStatus {
    /// What keeps the node from taking messages.
    fileprivate var alarms: [String] {
        [
            isRunning ? nil : "a node that does not run (\(name))",
            hasDiskAlarm == true ? "a disk alarm (\(name))" : nil,
            hasMemoryAlarm == true ? "a memory alarm (\(name))" : nil,
        ].compactMap { $0 }
    }
}
