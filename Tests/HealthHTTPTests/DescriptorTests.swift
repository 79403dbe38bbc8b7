import Glibc
import HealthHTTP
import TestKit
import Testing

@Suite("The HTTP server without file descriptors", .timeLimit(.minutes(1)))
struct DescriptorTests {
    /// In a process of its own, which has hardly any to lose.
    @Test("a process without file descriptors left waits for one and does not spin")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            var most = rlimit(rlim_cur: 256, rlim_max: 256)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &most) == 0)
            let server = try HTTPServer(at: .loopback(port: 0))
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await server.run { HTTPAnswer(status: 200, body: Array($0.path.utf8)) } }
                // Whatever the first request opens is open from here on.
                _ = try await HTTPResponse.to("GET", "/", port: server.port)
                var taken: [Int32] = []
                while case let copy = dup(0), copy >= 0 { taken.append(copy) }
                try #require(errno == EMFILE && taken.count > 2)
                // One for the client's end, none for the server's.
                close(taken.removeLast())
                let client = try TCPClient(port: server.port)
                client.send("GET /here HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
                let before = clock()
                // Spinning shows only over a time; and not `Task.sleep`, whose timers want a descriptor as well.
                usleep(500_000)
                // In processor time; POSIX has a million of them in a second.
                #expect(clock() - before < 250_000)
                close(taken.removeLast())
                #expect(HTTPResponse(try await client.received()).body == "/here")
                tasks.cancelAll()
                try await tasks.waitForAll()
            }
        }
    }
}
