public import AMQP
import FoundationEssentials
public import ManagementAPI

/// A virtual host of its own for one test, with users as the test needs them; gone afterwards.
public struct ScratchVhost: Sendable {
    /// The virtual host's name; random.
    public let name: String
    /// The broker with this virtual host, as the broker's administrator.
    public let address: BrokerAddress
    /// The management API of the whole broker.
    public let management: ManagementAPI

    /// Makes a user of this virtual host and returns the address it logs in at.
    ///
    /// - Parameter topics: Which routing keys it may use; all of them where an exchange is not named.
    public func makeUser(
        _ label: String, _ permissions: Permissions = .everything, topics: [TopicPermissions] = []
    ) async throws -> BrokerAddress {
        let user = "\(name)-\(label)"
        let password = String(UInt64.random(in: .min ... .max), radix: 36)
        try await management.putUser(user, password: password)
        try await management.putPermissions(permissions, of: user, in: name)
        for topic in topics { try await management.putTopicPermissions(topic, of: user, in: name) }
        var address = address
        address.user = user
        address.password = password
        return address
    }

    /// Makes queues, exchanges and bindings, or looks at them.
    public func administer<Result: Sendable>(
        _ body: @Sendable (borrowing Administration.Channel) throws -> Result
    ) async throws -> Result {
        try await Administration.with(address, body)
    }
}

/// Runs the body with a virtual host made for it, and deletes that and its users afterwards.
///
/// The broker is the one named by `CITYCOOP_TEST_AMQP_URL` and `CITYCOOP_TEST_MANAGEMENT_URL`.
public func withScratchVhost<Result>(_ body: (ScratchVhost) async throws -> Result) async throws -> Result {
    let environment = ProcessInfo.processInfo.environment
    guard let amqp = environment["CITYCOOP_TEST_AMQP_URL"], let http = environment["CITYCOOP_TEST_MANAGEMENT_URL"]
    else {
        throw ScratchVhostError.noBroker
    }
    var address = try BrokerAddress(url: amqp)
    address.virtualHost = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
    let management = try ManagementAPI(url: http)
    try await management.putVirtualHost(address.virtualHost)
    try await management.putPermissions(.everything, of: address.user, in: address.virtualHost)
    let outcome: Swift.Result<Result, any Error>
    do {
        let vhost = ScratchVhost(name: address.virtualHost, address: address, management: management)
        outcome = .success(try await body(vhost))
    } catch {
        outcome = .failure(error)
    }
    for user in try await management.users() where user.name.hasPrefix(address.virtualHost) {
        try await management.deleteUser(user.name)
    }
    try await management.deleteVirtualHost(address.virtualHost)
    return try outcome.get()
}

/// Why there is no virtual host.
public enum ScratchVhostError: Error {
    /// `CITYCOOP_TEST_AMQP_URL` or `CITYCOOP_TEST_MANAGEMENT_URL` is not set.
    case noBroker
}
