import AMQP
import Contracts
import FoundationEssentials
import ManagementAPI
import Messaging

/// The till of the bookshop: a broker user of its own, which may redeem and ask for balances, and hear the answers.
struct Till {
    /// What the broker lets it do, whatever it is granted.
    static let permissions = Permissions(
        configure: "^reply\\..*$", write: "^(reply\\..*|citycoop\\.requests)$", read: "^reply\\..*$")
    /// What it may ask.
    static let topics = TopicPermissions(
        exchange: Topology.Names.requests, write: "^vouchers\\.(redeem|get-balance)\\.v1$", read: "^$")

    /// Installs the till and speaks as it; without the management API nobody can, and the operator lends a hand.
    static func with(
        _ surroundings: Surroundings, _ stage: Stage, _ body: (Stage) async throws -> Void
    ) async throws {
        guard let url = try surroundings.value("CITYCOOP_MANAGEMENT_URL") else {
            Story.tell("CITYCOOP_MANAGEMENT_URL is not set: the operator redeems in place of the till.")
            return try await body(stage)
        }
        let address = try await install(in: try surroundings.broker(), by: try ManagementAPI(url: url))
        Story.tell("The till logs in as \(address.user), a broker user of its own.")
        try await OperatorSession.with(address) { session in
            // Vouchers hears of the grant by an event, which may still be on its way.
            try await body(
                Stage(requester: session.requester, limit: stage.limit, passing: ["not-allowed"]))
        }
    }

    /// Makes the user, or gives it a new password: nobody keeps the till's.
    private static func install(in broker: BrokerAddress, by management: ManagementAPI) async throws -> BrokerAddress {
        var generator = SystemRandomNumberGenerator()
        let password = Data((0..<24).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        var till = broker
        (till.user, till.password) = (Cast.tillGrant.userId, password.base64EncodedString())
        try await management.putUser(till.user, password: till.password)
        try await management.putPermissions(permissions, of: till.user, in: till.virtualHost)
        try await management.putTopicPermissions(topics, of: till.user, in: till.virtualHost)
        return till
    }
}
