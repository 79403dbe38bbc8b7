import EventLoop
import FoundationEssentials
import JSON

/// RabbitMQ's management API over HTTP: users, permissions, policies, and what the broker counts.
///
/// Its requests block and run on a thread of their own, one after the other, each within the time-out.
public actor ManagementAPI {
    /// Where it is; printing it shows no password.
    public nonisolated let address: ManagementAddress

    /// How often one question is asked at most.
    private static let questionsMax = 3

    private let loop: EventLoop
    private let transfer: Transfer

    /// Prepares the client; nothing is asked yet.
    public init(_ address: ManagementAddress, timeout: Duration = .seconds(10)) {
        self.address = address
        loop = EventLoop(name: "management", stackBytes: 1 << 20)
        transfer = Transfer(timeout: timeout)
    }

    /// Prepares the client for `http(s)://user:password@host:port`, with `https` also `?cacertfile=`.
    public init(url: String, timeout: Duration = .seconds(10)) throws(ManagementError) {
        self.init(try ManagementAddress(url: url), timeout: timeout)
    }

    /// The thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    // MARK: Requests

    /// Gets what is at the path; nil if there is nothing.
    func get<Answer: Decodable>(_ answer: Answer.Type, _ path: [String]) throws(ManagementError) -> Answer? {
        let bytes: [UInt8]
        do {
            bytes = try ask(path)
        } catch {
            guard error.isNotFound else { throw error }
            return nil
        }
        do {
            return try JSONDecoder().decode(answer, from: Data(bytes))
        } catch {
            throw ManagementError(code: .answerInvalid, request: request("GET", path), text: "\(error)")
        }
    }

    /// Gets the list at the path.
    func list<Element: Decodable>(_ element: Element.Type, _ path: [String]) throws(ManagementError) -> [Element] {
        guard let list = try get([Element].self, path) else {
            throw ManagementError(code: .refused(status: 404), request: request("GET", path), text: "not found")
        }
        return list
    }

    /// Makes or replaces what is at the path.
    func put(_ path: [String], _ content: some Encodable) throws(ManagementError) {
        try send("PUT", path, content)
    }

    /// Adds to what is at the path.
    func post(_ path: [String], _ content: some Encodable) throws(ManagementError) {
        try send("POST", path, content)
    }

    /// Deletes what is at the path; nothing there is fine.
    func delete(_ path: [String]) throws(ManagementError) {
        do {
            _ = try perform("DELETE", path, body: nil)
        } catch {
            guard error.isNotFound else { throw error }
        }
    }

    private func send(_ method: String, _ path: [String], _ content: some Encodable) throws(ManagementError) {
        let body: Data
        do {
            body = try JSONEncoder().encode(content)
        } catch {
            preconditionFailure("what we send to the management API cannot be encoded: \(error)")
        }
        _ = try perform(method, path, body: [UInt8](body))
    }

    /// Asks again if the broker stumbles: listing queues it answers 500 when one of them goes at that moment.
    private func ask(_ path: [String]) throws(ManagementError) -> [UInt8] {
        for _ in 1..<Self.questionsMax {
            do {
                return try perform("GET", path, body: nil)
            } catch {
                guard case .refused(status: 500) = error.code else { throw error }
            }
        }
        return try perform("GET", path, body: nil)
    }

    private func perform(_ method: String, _ path: [String], body: [UInt8]?) throws(ManagementError) -> [UInt8] {
        let url = address.base + "/api/" + path.map(PercentEncoding.encode).joined(separator: "/")
        let status: Int
        let answer: [UInt8]
        do {
            (status, answer) = try transfer.perform(
                method, url, user: address.user, password: address.password, authorityFile: address.authorityFile,
                body: body)
        } catch {
            throw ManagementError(code: .unreachable, request: request(method, path), text: error.text)
        }
        guard 200..<300 ~= status else {
            let reason = (try? JSONDecoder().decode(Refusal.self, from: Data(answer)))?.text ?? "no reason given"
            throw ManagementError(code: .refused(status: status), request: request(method, path), text: reason)
        }
        return answer
    }

    private nonisolated func request(_ method: String, _ path: [String]) -> String {
        "\(method) /api/\(path.map(PercentEncoding.encode).joined(separator: "/"))"
    }
}

/// The body of an answer that refuses.
private struct Refusal: Decodable {
    var error: String?
    var reason: JSONValue?

    var text: String {
        switch reason {
        case .string(let text): text
        default: error ?? "no reason given"
        }
    }
}
