import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

/// Who waits for an answer, how long, and what ends the wait.
@Suite(.timeLimit(.minutes(1))) struct RequesterTests {
    @Test func eachAskerWaitsAsLongAsItSaid() async throws {
        try await withServiceAndClient { service, client in
            let start = ContinuousClock.now
            let patient = Task { await outcome(client, issue(), within: .seconds(30)) }
            let hasty = await outcome(client, issue(), within: .milliseconds(100))
            guard case .failure(.deadlineExceeded) = hasty else {
                Issue.record("nobody answers, and yet: \(hasty)")
                return
            }
            #expect(start.duration(to: .now) < .seconds(20), "it did not wait for the patient one")
            try await service.running {
                let answer = await patient.value
                guard case .success = answer else {
                    Issue.record("the service answers, and yet: \(answer)")
                    return
                }
            }
        }
    }

    @Test func aCancelledAskerWaitsNoLonger() async throws {
        try await withServiceAndClient { service, client in
            await withTaskGroup(of: Result<IssueVoucher.Reply, RequestError>.self) { asking in
                for _ in 0..<20 { asking.addTask { await outcome(client, issue(), within: .seconds(50)) } }
                asking.cancelAll()
                for await answer in asking {
                    guard case .failure(.deadlineExceeded) = answer else {
                        Issue.record("cancelled, and yet: \(answer)")
                        continue
                    }
                }
            }
        }
    }

    @Test func whenTheRequesterEndsSoDoTheWaits() async throws {
        try await withServiceAndClient { service, client in
            let requester = Requester(source: "test", publisher: client.publisher, consumer: client.answers)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let running = Task { await requester.run() }
                group.addTask {
                    await #expect(throws: RequestError.self) {
                        _ = try await requester.call(issue(), within: .seconds(50))
                    }
                }
                running.cancel()
                await running.value
                try await group.waitForAll()
            }
            await #expect(throws: RequestError.self, "and nobody waits for one that has ended") {
                _ = try await requester.call(issue(), within: .seconds(50))
            }
        }
    }

    private func outcome<R: Request>(
        _ client: TestClient, _ request: R, within limit: Duration
    ) async -> Result<R.Reply, RequestError> {
        do throws(RequestError) {
            return .success(try await client.requester.call(request, within: limit))
        } catch {
            return .failure(error)
        }
    }
}
