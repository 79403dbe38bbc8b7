import HealthHTTP
import Synchronization
import TestKit
import Testing

@Suite("The HTTP server", .timeLimit(.minutes(1)))
struct HTTPServerTests {
    /// Runs a server that answers with what it was asked, and stops it afterwards.
    private func withServer(
        _ limits: HTTPLimits = HTTPLimits(),
        answer: @escaping @Sendable (HTTPRequest) async -> HTTPAnswer = HTTPServerTests.echo,
        _ body: (Int) async throws -> Void
    ) async throws {
        let server = try HTTPServer(at: .loopback(port: 0), limits: limits)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await server.run(answer) }
            try await body(server.port)
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    private static func echo(_ request: HTTPRequest) async -> HTTPAnswer {
        HTTPAnswer(status: 200, headers: ["X-Method": request.method], body: Array(request.path.utf8))
    }

    private func expectAnswer(_ port: Int) async throws {
        #expect(try await HTTPResponse.to("GET", "/here", port: port).body == "/here")
    }

    // MARK: Well-behaved clients

    @Test("a request is answered, and the connection closed")
    func answers() async throws {
        try await withServer { port in
            let answer = try await HTTPResponse.to("PUT", "/a%20b?c=d", port: port)
            #expect(answer.status == 200)
            #expect(answer.headers["x-method"] == "PUT")
            #expect(answer.headers["content-length"] == "4")
            #expect(answer.body == "/a b")
            let kept = try TCPClient(port: port)
            kept.send("GET /kept HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n".utf8)
            let closed = HTTPResponse(try await kept.received())
            #expect(closed.body == "/kept")
            #expect(closed.headers["connection"] == "close")
        }
    }

    @Test("an answer of many megabytes comes whole")
    func large() async throws {
        let text = String(repeating: "0123456789abcdef", count: 500_000)
        try await withServer(answer: { _ in HTTPAnswer(status: 200, body: Array(text.utf8)) }) { port in
            let answer = try await HTTPResponse.to("GET", "/", port: port)
            #expect(answer.body == text)
        }
    }

    @Test("more than there are places are answered, one after the other")
    func many() async throws {
        // With those in line not more than the kernel keeps: connecting would wait, and the tests' threads with it.
        var limits = HTTPLimits()
        limits.crowdedDuration = .seconds(3_600)
        try await withServer(limits) { port in
            try await withThrowingTaskGroup { clients in
                for number in 0..<150 {
                    clients.addTask {
                        let answer = try await HTTPResponse.to("GET", "/\(number)", port: port)
                        #expect(answer.body == "/\(number)")
                    }
                }
                try await clients.waitForAll()
            }
        }
    }

    @Test("who waits for a slow answer keeps nobody else waiting")
    func slowAnswer() async throws {
        var limits = HTTPLimits()
        limits.answerDuration = .seconds(3_600)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withServer(
            limits,
            answer: { request in
                if request.path == "/slow" { for await _ in released {} }
                return await HTTPServerTests.echo(request)
            }
        ) { port in
            let slow = try TCPClient(port: port)
            slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            try await expectAnswer(port)
            release.finish()
            #expect(HTTPResponse(try await slow.received()).body == "/slow")
        }
    }

    @Test("IPv6 is listened on as well")
    func ipv6() throws {
        let address = try #require(ListenAddress(host: "::1", port: 0))
        #expect(try HTTPServer(at: address).port > 0)
    }

    @Test("addresses are digits of IPv4 or IPv6")
    func addresses() {
        #expect(ListenAddress(host: "0.0.0.0", port: 1).map { "\($0)" } == "0.0.0.0:1")
        #expect(ListenAddress(host: "::1", port: 1).map { "\($0)" } == "[::1]:1")
        #expect(ListenAddress(host: "localhost", port: 1) == nil)
        #expect(ListenAddress(host: "", port: 1) == nil)
        #expect(ListenAddress(host: "127.1", port: 1) == nil)
        #expect(ListenAddress(host: "127.0.0.1", port: 65_536) == nil)
        #expect(ListenAddress(host: "127.0.0.1", port: -1) == nil)
    }

    // MARK: Slow and hostile clients

    @Test(
        "rubbish costs its connection only",
        arguments: [
            "", "\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET /x\r\n\r\n", "GET /x HTTP/9.9\r\n\r\n",
            "GET /x HTTP/1.1\r\nno colon\r\n\r\n", "GET /x HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "GET /x HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "GET /%00%zz HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}",
        ])
    func rubbish(_ input: String) async throws {
        var limits = HTTPLimits()
        limits.requestDuration = .milliseconds(200)
        try await withServer(limits) { port in
            let client = try TCPClient(port: port)
            client.send(input.utf8)
            _ = try await client.received()
            // And whoever goes away instead of waiting.
            try TCPClient(port: port).send(input.utf8)
            try await expectAnswer(port)
        }
    }

    @Test("a header that is too large is refused")
    func largeHeader() async throws {
        try await withServer { port in
            let client = try TCPClient(port: port)
            client.send("GET /x HTTP/1.1\r\nHost: x\r\nX-Long: ".utf8)
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 10)
            var sent = 0
            while sent < 1 << 20, client.send(piece) { sent += piece.count }
            // The refusal may be lost to the reset that what we still sent has brought about.
            #expect([0, 431].contains(HTTPResponse(try await client.received()).status))
            try await expectAnswer(port)
        }
    }

    @Test("a path that is too long is refused")
    func largePath() async throws {
        try await withServer { port in
            let path = "/" + String(repeating: "x", count: 1 << 20)
            let client = try TCPClient(port: port)
            client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            #expect([0, 414, 431].contains(HTTPResponse(try await client.received()).status))
            try await expectAnswer(port)
        }
    }

    @Test("who is silent, or sends a byte now and then, is cut off in time")
    func slowRequest() async throws {
        var limits = HTTPLimits()
        limits.requestDuration = .milliseconds(300)
        try await withServer(limits) { port in
            let silent = try TCPClient(port: port)
            let dripping = try TCPClient(port: port)
            dripping.send("GET /x HTTP/1.1\r\nX: ".utf8)
            let drip = Task {
                // The pace of the dripping; it ends when the server has cut it off.
                while dripping.send("x".utf8) { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(try await silent.received() == [])
            #expect(try await dripping.received() == [])
            try await drip.value
            try await expectAnswer(port)
        }
    }

    @Test("who does not take the answer is cut off in time")
    func slowReader() async throws {
        var limits = HTTPLimits()
        limits.sendDuration = .milliseconds(300)
        // More than the sockets' buffers hold.
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 20)
        try await withServer(limits, answer: { _ in HTTPAnswer(status: 200, body: body) }) { port in
            let client = try TCPClient(port: port)
            client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            try await eventually("the server to give up") { !client.send([0]) }
            #expect(try await client.received().count < body.count)
        }
    }

    @Test("a question without an answer is answered with 503 in time")
    func noAnswer() async throws {
        var limits = HTTPLimits()
        limits.answerDuration = .milliseconds(100)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withServer(
            limits,
            answer: { request in
                // Waits in a task of its own, which no cancellation reaches.
                if request.path == "/never" { await Task { for await _ in released {} }.value }
                return await HTTPServerTests.echo(request)
            }
        ) { port in
            #expect(try await HTTPResponse.to("GET", "/never", port: port).status == 503)
            try await expectAnswer(port)
            release.finish()
            try await expectAnswer(port)
        }
    }

    @Test("more connections than there are places keep nobody out")
    func crowd() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 8
        limits.requestDuration = .seconds(3_600)
        limits.crowdedDuration = .milliseconds(50)
        try await withServer(limits) { port in
            // Held until the end; no more than the kernel keeps in line, or the last ones would wait for a second.
            var crowd: [TCPClient] = []
            for _ in 0..<100 {
                let client = try TCPClient(port: port)
                client.send("GET /x HTTP/1.1\r\n".utf8)
                crowd.append(client)
            }
            try await expectAnswer(port)
            #expect(try await crowd[0].received() == [])
        }
    }

    @Test("places that are all being answered make the others wait, and no longer than that")
    func fullHouse() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 4
        limits.answerDuration = .seconds(3_600)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let thinking = Mutex(0)
        try await withServer(
            limits,
            answer: { request in
                thinking.withLock { $0 += 1 }
                if request.path == "/slow" { await Task { for await _ in released {} }.value }
                return await HTTPServerTests.echo(request)
            }
        ) { port in
            let slow = try (0..<4).map { _ in try TCPClient(port: port) }
            for client in slow { client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n".utf8) }
            try await eventually("all places to be taken") { thinking.withLock { $0 } == 4 }
            let next = try TCPClient(port: port)
            next.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            release.finish()
            #expect(HTTPResponse(try await next.received()).body == "/next")
            for client in slow { #expect(HTTPResponse(try await client.received()).body == "/slow") }
        }
    }

    // MARK: The end

    @Test("a server that stops answers what it was asked, and leaves nothing open")
    func stop() async throws {
        let (asked, tell) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let server = try HTTPServer(at: .loopback(port: 0))
        let running = Task {
            try await server.run { request in
                tell.yield()
                await Task { for await _ in released {} }.value
                return await HTTPServerTests.echo(request)
            }
        }
        let open = try TCPClient(port: server.port)
        let asking = try TCPClient(port: server.port)
        asking.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        for await _ in asked.prefix(1) {}
        running.cancel()
        #expect(HTTPResponse(try await asking.received()).status == 503)
        #expect(try await open.received() == [])
        #expect(throws: Loopback.Failure.self) { try TCPClient(port: server.port) }
        release.finish()
        try await running.value
    }

    @Test("a server that never runs lets its port go")
    func unused() throws {
        let port = try HTTPServer(at: .loopback(port: 0)).port
        let again = try HTTPServer(at: .loopback(port: port))
        #expect(again.port == port)
        let error = #expect(throws: HTTPServerError.self) { try HTTPServer(at: .loopback(port: port)) }
        #expect(error?.code == .cannotListen)
    }
}
