internal import Configuration

/// Reads a service's configuration from its environment, and collects every mistake in it.
///
/// A setting is read by the method of its kind. What is missing or malformed is noted, and the method returns a stand-in,
/// so that reading goes on and the next mistake is found as well; `finish` then throws them all. Nothing may be started
/// before `finish` has returned.
///
/// A setting that may hold a secret can be given as a file: `NAME_FILE` holds a path, and the file's content is the value
/// without one line end. Giving both is a mistake, because nobody can know which of them was meant.
public struct Settings: Sendable {
    /// What every setting read so far is, in the order of reading.
    public private(set) var documentation = SettingsTable()
    private let variables: [String: String]
    private let prefix: String
    private var mistakes: [ConfigurationMistakes.Mistake] = []

    /// Reads from these variables.
    ///
    /// - Parameters:
    ///   - environment: Names and values, as the process got them.
    ///   - prefix: What the names of the service's own settings begin with, without the underscore: a variable that begins
    ///     so and is no setting is a typing mistake, and stops the start.
    public init(_ environment: [String: String], prefix: String) {
        variables = environment
        self.prefix = prefix
    }

    /// Throws all mistakes, or nothing when there are none.
    public func finish() throws(ConfigurationMistakes) {
        let all = mistakes + unknownVariables()
        guard all.isEmpty else { throw ConfigurationMistakes(mistakes: all) }
    }

    /// Notes a mistake that only the service can see, for instance two settings that contradict each other.
    public mutating func mistake(_ name: String, _ text: String) {
        mistakes.append(ConfigurationMistakes.Mistake(name: name, text: text))
    }

    /// Reads one setting through swift-configuration's required reads, which throw on a value that is not of the type.
    ///
    /// - Parameters:
    ///   - setting: The name and what is said about it.
    ///   - standard: Used if the variable is not there; without it the setting has to be there.
    ///   - standIn: Returned where there is nothing else to return; it is never used, because `finish` throws.
    ///   - masked: What may be shown of a secret value.
    ///   - parse: Gives nil or throws for a value that is not what is expected.
    mutating func read<Value>(
        _ setting: Setting, default standard: Value?, standIn: Value, masked: ((Value) -> String)? = nil,
        parse: (ConfigReader, ConfigKey) throws -> Value?
    ) -> Value {
        var row = setting
        defer { documentation.append(row) }
        let text: String
        switch find(setting) {
        case .nothing:
            guard let standard else {
                mistake(setting.name, "is not set; expected \(setting.expected)\(setting.fileHint).")
                return standIn
            }
            return standard
        case .unreadable(let reason):
            mistake(setting.name, reason)
            return standard ?? standIn
        case .text(let found):
            text = found
        }
        row.found = setting.isSecret ? "(set, \(text.utf8.count) bytes)" : text
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: [setting.name: text]))
        if !text.isEmpty, let value = try? parse(reader, ConfigKey(setting.name)) {
            if let masked { row.found = masked(value) }
            return value
        }
        mistake(setting.name, "is \(setting.shown(text)); expected \(setting.expected).")
        return standard ?? standIn
    }

    private enum Found {
        case nothing
        case text(String)
        case unreadable(String)
    }

    private func find(_ setting: Setting) -> Found {
        let plain = variables[setting.name]
        guard setting.isSecret, let path = variables[setting.fileName] else {
            return plain.map(Found.text) ?? .nothing
        }
        guard plain == nil else {
            return .unreadable("is set, and \(setting.fileName) as well; expected one of the two.")
        }
        switch SecretFile.read(path) {
        case .success(let text): return .text(text)
        case .failure(let reason): return .unreadable("cannot be had: \(setting.fileName) names \(reason.text).")
        }
    }

    private func unknownVariables() -> [ConfigurationMistakes.Mistake] {
        let known = documentation.names
        return variables.keys.sorted()
            .filter { $0.hasPrefix(prefix + "_") && !known.contains($0) && !isFromKubernetes($0) }
            .map { name in
                let nearest = Spelling.nearest(to: name, among: known)
                let advice = nearest.map { "did you mean \($0)?" } ?? "`settings` lists those there are."
                return ConfigurationMistakes.Mistake(name: name, text: "is no setting of this service; \(advice)")
            }
    }

    /// Kubernetes gives every container `VOUCHERS_SERVICE_HOST`, `VOUCHERS_PORT_8083_TCP_ADDR` and their like as soon as
    /// there is a Kubernetes service called `vouchers`: nobody has typed them.
    private func isFromKubernetes(_ name: String) -> Bool {
        let rest = name.dropFirst(prefix.count + 1)
        let port = rest.hasPrefix("PORT_") ? rest.dropFirst("PORT_".count) : ""
        return rest == "SERVICE_HOST" || rest.hasPrefix("SERVICE_PORT")
            || rest == "PORT" || port.first?.isNumber == true
    }
}
