import AMQP
import Contracts
import FoundationEssentials
import ManagementAPI

/// What the environment says about where things are.
struct Surroundings: Sendable {
    /// The variables.
    let variables: [String: String]

    /// The process's environment.
    static let ours = Surroundings(variables: ProcessInfo.processInfo.environment)

    /// The variable's value, or that of the file which `<name>_FILE` names; nil if neither is set.
    func value(_ name: String) throws(CommandFailure) -> String? {
        if let value = variables[name], !value.isEmpty { return value }
        guard let file = variables["\(name)_FILE"], !file.isEmpty else { return nil }
        guard let content = try? String(contentsOf: URL(filePath: file), encoding: .utf8) else {
            throw CommandFailure(.usage, "\(name)_FILE names a file that cannot be read: \(file)")
        }
        return content.trimmed
    }

    /// The values of the variables in this order; throws one failure that names all which are missing.
    func require(_ names: String...) throws(CommandFailure) -> [String] {
        var values: [String] = []
        var missing: [String] = []
        for name in names {
            if let value = try value(name) { values.append(value) } else { missing.append(name) }
        }
        guard missing.isEmpty else {
            let verb = missing.count == 1 ? "is" : "are"
            throw CommandFailure(
                .usage, "\(missing.joined(separator: ", ")) \(verb) not set.",
                hint: "source .citycoop/env  sets everything in a checkout where infra/up has run")
        }
        return values
    }

    /// The broker, with the operator's user.
    func broker() throws -> BrokerAddress {
        try BrokerAddress(url: require("CITYCOOP_AMQP_URL")[0])
    }

    /// The broker and its management API.
    func brokerAndManagement() throws -> (broker: BrokerAddress, management: ManagementAPI) {
        let urls = try require("CITYCOOP_AMQP_URL", "CITYCOOP_MANAGEMENT_URL")
        return (try BrokerAddress(url: urls[0]), try ManagementAPI(url: urls[1]))
    }

    /// Where the service tells its health: where it is said to, or on its port of this machine; nil if neither is set.
    func healthURL(of service: ServiceName) -> String? {
        if let url = variables["\(service.rawValue.uppercased())_HEALTH_URL"], !url.isEmpty { return url }
        guard let text = variables[portName(service)], let port = UInt16(text), port > 0 else { return nil }
        return "http://127.0.0.1:\(port)/health/ready"
    }

    /// The variable that holds the service's port.
    func portName(_ service: ServiceName) -> String {
        "\(service.rawValue.uppercased())_HTTP_PORT"
    }

    /// The folder with logs and process ids: as given, or CITYCOOP_STATE, or `.citycoop`.
    func stateFolder(_ given: String?) -> String {
        given ?? variables["CITYCOOP_STATE"] ?? ".citycoop"
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
