extension ManagementAPI {
    // MARK: Virtual hosts

    /// The names of the virtual hosts.
    public func virtualHosts() throws(ManagementError) -> [String] {
        try list(Named.self, ["vhosts"]).map(\.name)
    }

    /// Makes the virtual host; one that exists is fine.
    public func putVirtualHost(_ name: String) throws(ManagementError) {
        try put(["vhosts", name], Nothing())
    }

    /// Deletes the virtual host with everything in it; one that does not exist is fine.
    public func deleteVirtualHost(_ name: String) throws(ManagementError) {
        try delete(["vhosts", name])
    }

    // MARK: Users

    /// The users.
    public func users() throws(ManagementError) -> [BrokerUser] {
        try list(UserAnswer.self, ["users"]).map { BrokerUser(name: $0.name, tags: $0.tags.list) }
    }

    /// Makes the user or replaces its password and tags.
    public func putUser(_ name: String, password: String, tags: [String] = []) throws(ManagementError) {
        try put(["users", name], ["password": password, "tags": tags.joined(separator: ",")])
    }

    /// Deletes the user; one that does not exist is fine.
    public func deleteUser(_ name: String) throws(ManagementError) {
        try delete(["users", name])
    }

    // MARK: Permissions

    /// Who may do what in the virtual host.
    public func permissions(in virtualHost: String) throws(ManagementError) -> [UserPermissions] {
        try list(PermissionAnswer.self, ["vhosts", virtualHost, "permissions"]).map {
            let permissions = Permissions(configure: $0.configure, write: $0.write, read: $0.read)
            return UserPermissions(user: $0.user, virtualHost: $0.vhost, permissions: permissions)
        }
    }

    /// Says what the user may do in the virtual host.
    public func putPermissions(
        _ permissions: Permissions, of user: String, in virtualHost: String
    ) throws(ManagementError) {
        try put(["permissions", virtualHost, user], permissions)
    }

    /// Takes the user's permissions in the virtual host away.
    public func deletePermissions(of user: String, in virtualHost: String) throws(ManagementError) {
        try delete(["permissions", virtualHost, user])
    }

    /// Who may use which routing keys in the virtual host.
    public func topicPermissions(in virtualHost: String) throws(ManagementError) -> [UserTopicPermissions] {
        try list(TopicPermissionAnswer.self, ["vhosts", virtualHost, "topic-permissions"]).map {
            let permissions = TopicPermissions(exchange: $0.exchange, write: $0.write, read: $0.read)
            return UserTopicPermissions(user: $0.user, virtualHost: $0.vhost, permissions: permissions)
        }
    }

    /// Says which routing keys the user may use with the exchange; other exchanges stay as they are.
    public func putTopicPermissions(
        _ permissions: TopicPermissions, of user: String, in virtualHost: String
    ) throws(ManagementError) {
        try put(["topic-permissions", virtualHost, user], permissions)
    }

    /// Lifts the user's topic permissions for all exchanges of the virtual host: every routing key is allowed again.
    public func deleteTopicPermissions(of user: String, in virtualHost: String) throws(ManagementError) {
        try delete(["topic-permissions", virtualHost, user])
    }
}

struct Named: Decodable {
    var name: String
}

struct Nothing: Encodable {}

private struct UserAnswer: Decodable {
    /// A comma-separated text up to 3.8, a list since.
    enum Tags: Decodable {
        case text(String)
        case several([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                try (try? container.decode(String.self)).map { .text($0) } ?? .several(container.decode([String].self))
        }

        var list: [String] {
            switch self {
            case .text(let text): text.split(separator: ",").map(String.init)
            case .several(let list): list
            }
        }
    }

    var name: String
    var tags: Tags
}

private struct PermissionAnswer: Decodable {
    var user: String
    var vhost: String
    var configure: String
    var write: String
    var read: String
}

private struct TopicPermissionAnswer: Decodable {
    var user: String
    var vhost: String
    var exchange: String
    var write: String
    var read: String
}
