import JSON

extension ManagementAPI {
    // MARK: Policies

    /// The policies of the virtual host.
    public func policies(in virtualHost: String) throws(ManagementError) -> [Policy] {
        try list(PolicyAnswer.self, ["policies", virtualHost]).map {
            Policy(
                name: $0.name, pattern: $0.pattern, scope: Policy.Scope(rawValue: $0.scope) ?? .all,
                priority: $0.priority ?? 0, definition: $0.definition)
        }
    }

    /// Makes or replaces the policy.
    public func putPolicy(_ policy: Policy, in virtualHost: String) throws(ManagementError) {
        let content = PolicyContent(
            pattern: policy.pattern, scope: policy.scope, priority: policy.priority, definition: policy.definition)
        try put(["policies", virtualHost, policy.name], content)
    }

    /// Deletes the policy; one that does not exist is fine.
    public func deletePolicy(_ name: String, in virtualHost: String) throws(ManagementError) {
        try delete(["policies", virtualHost, name])
    }

    // MARK: What there is

    /// The queues of the virtual host, with counts that lag by some seconds.
    public func queues(in virtualHost: String) throws(ManagementError) -> [QueueStatus] {
        try list(QueueStatus.self, ["queues", virtualHost])
    }

    /// The queue; nil if it does not exist.
    public func queue(_ name: String, in virtualHost: String) throws(ManagementError) -> QueueStatus? {
        try get(QueueStatus.self, ["queues", virtualHost, name])
    }

    /// The exchanges of the virtual host.
    public func exchanges(in virtualHost: String) throws(ManagementError) -> [ExchangeStatus] {
        try list(ExchangeStatus.self, ["exchanges", virtualHost])
    }

    /// The bindings of the virtual host, each queue's own one with the default exchange included.
    public func bindings(in virtualHost: String) throws(ManagementError) -> [BindingStatus] {
        try list(BindingStatus.self, ["bindings", virtualHost])
    }

    // MARK: Connections

    /// The clients' connections to the virtual host; a new one shows after some seconds.
    public func connections(in virtualHost: String) throws(ManagementError) -> [ConnectionStatus] {
        try list(ConnectionAnswer.self, ["vhosts", virtualHost, "connections"]).map {
            ConnectionStatus(
                name: $0.name, clientName: $0.properties?.clientName, user: $0.user, virtualHost: $0.vhost,
                state: $0.state)
        }
    }

    /// Closes the connection of that ``ConnectionStatus/name``; one that does not exist is fine.
    public func closeConnection(_ name: String) throws(ManagementError) {
        try delete(["connections", name])
    }

    /// Closes all connections of the user, new ones included.
    public func closeConnections(of user: String) throws(ManagementError) {
        try delete(["connections", "username", user])
    }

    /// The nodes of the broker, with their alarms.
    public func nodes() throws(ManagementError) -> [NodeStatus] {
        try list(NodeStatus.self, ["nodes"])
    }

    /// What broker this is.
    public func overview() throws(ManagementError) -> BrokerOverview {
        guard let overview = try get(BrokerOverview.self, ["overview"]) else {
            throw ManagementError(code: .answerInvalid, request: "GET /api/overview", text: "not a RabbitMQ broker")
        }
        return overview
    }
}

private struct PolicyAnswer: Decodable {
    var name: String
    var pattern: String
    var scope: String
    var priority: Int?
    var definition: [String: JSONValue]

    enum CodingKeys: String, CodingKey {
        case name, pattern, priority, definition
        case scope = "apply-to"
    }
}

private struct PolicyContent: Encodable {
    var pattern: String
    var scope: Policy.Scope
    var priority: Int
    var definition: [String: JSONValue]

    enum CodingKeys: String, CodingKey {
        case pattern, priority, definition
        case scope = "apply-to"
    }
}

private struct ConnectionAnswer: Decodable {
    struct Properties: Decodable {
        var clientName: String?

        enum CodingKeys: String, CodingKey {
            case clientName = "connection_name"
        }
    }

    var name: String
    var user: String?
    var vhost: String?
    var state: String?
    var properties: Properties?

    enum CodingKeys: String, CodingKey {
        case name, user, vhost, state
        case properties = "client_properties"
    }
}
