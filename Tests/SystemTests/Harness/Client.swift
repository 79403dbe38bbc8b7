import AMQP
import Contracts
import Foundation
import Messaging
import TestKit

/// The operator at a terminal, or somebody else: asks, and waits for the answer.
struct Client: Sendable {
    let requester: Requester
    let publisher: Publisher

    /// Runs `body` with a client of the system, as the operator unless somebody else is named.
    static func with<Value: Sendable>(
        _ system: System, as address: BrokerAddress? = nil, _ body: (Client) async throws -> Value
    ) async throws -> Value {
        try await with(address ?? system.broker, body)
    }

    /// Runs `body` with a client that logs in there.
    static func with<Value: Sendable>(
        _ address: BrokerAddress, _ body: (Client) async throws -> Value
    ) async throws -> Value {
        let publisher = Publisher(name: "client out", address: address)
        let consumer = Consumer(
            name: "client in", source: .exclusive(prefix: Topology.Names.replyPrefix), prefetch: 100,
            address: address)
        let client = Client(
            requester: Requester(source: "system-tests", publisher: publisher, consumer: consumer),
            publisher: publisher)
        let running = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await publisher.run() }
                group.addTask { await consumer.run() }
                group.addTask { await client.requester.run() }
            }
        }
        do {
            let value = try await body(client)
            await client.close(consumer, running)
            return value
        } catch {
            await client.close(consumer, running)
            throw error
        }
    }

    private func close(_ consumer: Consumer, _ running: Task<Void, Never>) async {
        await consumer.cancel()
        await consumer.close()
        await publisher.close()
        await running.value
    }

    /// Asks until there is an answer: a till repeats a command that timed out, under its id.
    func call<R: Request>(_ request: R, within limit: Duration = .seconds(60)) async throws -> R.Reply {
        let id = UUID.version7()
        let deadline = ContinuousClock.now + limit
        while true {
            do {
                return try await requester.call(request, within: .seconds(10), id: id)
            } catch {
                guard deadline > .now, error.isSilence else { throw error }
            }
        }
    }

    /// Asks again, each time as a new message, while the answer is a refusal that may end otherwise later.
    func callUntilKnown<R: Request>(_ request: R, within limit: Duration = .seconds(60)) async throws -> R.Reply {
        let deadline = ContinuousClock.now + limit
        while true {
            do {
                return try await call(request)
            } catch let error as RequestError {
                guard deadline > .now, error.refusal?.retryable == true else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The problem that a request is refused with; `nil` if it is not refused.
    func refusal(of request: some Request) async throws -> Problem? {
        do {
            _ = try await call(request)
            return nil
        } catch let error as RequestError {
            guard let refusal = error.refusal else { throw error }
            return refusal
        }
    }
}

extension RequestError {
    /// What the service refused the request with.
    var refusal: Problem? {
        if case .problem(let problem) = self { problem } else { nil }
    }

    /// Whether nobody knows what became of the request.
    var isSilence: Bool {
        switch self {
        case .deadlineExceeded, .notSent: true
        default: false
        }
    }
}
