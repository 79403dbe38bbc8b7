import FoundationEssentials
import Postgres
import TestKit
import Testing

@Suite("TLS to the database")
struct TLSTests {
    /// The test server's address as an operator would write it.
    private func server(host: String = "localhost", authority: String? = nil) throws -> DatabaseAddress {
        let known = try #require(ProcessInfo.processInfo.environment["CITYCOOP_TEST_AUTHORITY_FILE"])
        return try server(host: host, options: "sslmode=verify-full&sslrootcert=\(authority ?? known)")
    }

    private func server(host: String, options: String) throws -> DatabaseAddress {
        let url = ProcessInfo.processInfo.environment["CITYCOOP_TEST_DATABASE_URL"]
        let place = try #require(url, "run the tests through infra/test").prefix { $0 != "?" }
        return try DatabaseAddress(url: "\(place.replacing("@127.0.0.1:", with: "@\(host):"))?\(options)")
    }

    private struct ReadEncryption: Statement {
        static let sql = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"

        static func row(_ columns: inout Columns) throws -> String {
            try columns.next()
        }
    }

    @Test("A session is encrypted, and values of all sizes go there and back, many under way at once")
    func encrypted() async throws {
        try await withConnection(to: try server()) { connection in
            let versions = try await connection.execute(ReadEncryption())
            #expect(versions == ["TLSv1.3"] || versions == ["TLSv1.2"])
            // Around the size of TLS records, and far above what the sockets hold.
            let sizes = [0, 1, 8_191, 8_192, 16_380, 16_384, 16_390, 1 << 20, 4 << 20]
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for size in sizes + sizes.reversed() {
                    tasks.addTask {
                        let text = String(repeating: "x", count: size)
                        let echo = try await connection.execute(Echo(text))
                        #expect(echo == [text])
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test("An authority that did not sign is not believed")
    func authority() async throws {
        let error = try await failure {
            try await Connection.connect(
                to: try server(authority: "/etc/ssl/certs/ca-certificates.crt"), name: "test")
        }
        #expect(error.code == .noConnection && error.message.contains("certificate verify failed"), "\(error)")
    }

    @Test("A name that the certificate does not carry is refused")
    func name() async throws {
        let error = try await failure { try await Connection.connect(to: try server(host: "127.0.0.1"), name: "test") }
        #expect(error.code == .noConnection && error.message.contains("does not match host name"), "\(error)")
    }

    @Test("Encryption by Kerberos, which nothing here tries of itself, is tried where the address asks for it")
    func kerberos() async throws {
        let address = try server(host: "127.0.0.1", options: "gssencmode=require")
        let error = try await failure { try await Connection.connect(to: address, name: "test") }
        #expect(error.code == .noConnection && error.message.contains("GSSAPI"), "\(error)")
    }
}
