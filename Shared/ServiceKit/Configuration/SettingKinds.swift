internal import Configuration
internal import FoundationEssentials

extension Settings {
    /// A TCP port from 1 to 65535.
    public mutating func port(_ name: String, _ meaning: String, default standard: Int? = nil) -> Int {
        number(name, meaning, default: standard, in: 1...65_535, unit: "a port")
    }

    /// A whole number within bounds.
    public mutating func number(
        _ name: String, _ meaning: String, default standard: Int? = nil, in range: ClosedRange<Int>,
        unit: String = "a whole number"
    ) -> Int {
        let setting = Setting(
            name: name, meaning: meaning, expected: "\(unit) from \(range.lowerBound) to \(range.upperBound)",
            defaultText: standard.map(String.init), isSecret: false)
        return read(setting, default: standard, standIn: range.lowerBound) { reader, key in
            let number = try reader.requiredInt(forKey: key)
            return range.contains(number) ? number : nil
        }
    }

    /// `true` or `false`.
    public mutating func flag(_ name: String, _ meaning: String, default standard: Bool? = nil) -> Bool {
        let setting = Setting(
            name: name, meaning: meaning, expected: "true or false", defaultText: standard.map(String.init),
            isSecret: false)
        return read(setting, default: standard, standIn: false) { reader, key in try reader.requiredBool(forKey: key) }
    }

    /// Any text that is not empty.
    public mutating func text(
        _ name: String, _ meaning: String, default standard: String? = nil, expected: String = "a text"
    ) -> String {
        let setting = Setting(
            name: name, meaning: meaning, expected: expected, defaultText: standard, isSecret: false)
        return read(setting, default: standard, standIn: "") { reader, key in try reader.requiredString(forKey: key) }
    }

    /// A length of time such as `250ms`, `5s`, `2m`, `1h` or `7d`.
    public mutating func duration(
        _ name: String, _ meaning: String, default standard: Duration? = nil,
        in range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))
    ) -> Duration {
        let bounds = "from \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        let setting = Setting(
            name: name, meaning: meaning, expected: "a time such as 250ms, 5s, 2m, 1h or 7d, \(bounds)",
            defaultText: standard.map(DurationText.text), isSecret: false)
        return read(setting, default: standard, standIn: range.lowerBound) { reader, key in
            DurationText.duration(try reader.requiredString(forKey: key)).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of an enumeration's cases, written as its raw value.
    public mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ meaning: String, default standard: Value
    ) -> Value where Value.RawValue == String {
        let setting = Setting(
            name: name, meaning: meaning, expected: Value.allCases.map(\.rawValue).joined(separator: ", "),
            defaultText: standard.rawValue, isSecret: false)
        return read(setting, default: standard, standIn: standard) { reader, key in
            Value(rawValue: try reader.requiredString(forKey: key))
        }
    }

    /// A folder that exists.
    public mutating func folder(_ name: String, _ meaning: String, default standard: String? = nil) -> String {
        let setting = Setting(
            name: name, meaning: meaning, expected: "the path of a folder that exists and may be written to",
            defaultText: standard, isSecret: false)
        return read(setting, default: standard, standIn: "") { reader, key in
            let path = try reader.requiredString(forKey: key)
            let files = FileManager.default
            var isFolder = false
            return files.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
                && files.isWritableFile(atPath: path) ? path : nil
        }
    }

    /// A file that can be read, or nil if the variable is not set.
    public mutating func file(_ name: String, _ meaning: String) -> String? {
        let setting = Setting(
            name: name, meaning: meaning, expected: "the path of a file that can be read", defaultText: "none",
            isSecret: false)
        return read(setting, default: .some(nil), standIn: nil) { reader, key in
            let path = try reader.requiredString(forKey: key)
            var isFolder = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
            return isThere && FileManager.default.isReadableFile(atPath: path) ? .some(path) : nil
        }
    }

    /// A server's URL; it may hold a password, so it can come from a file, and is never shown.
    public mutating func url(_ name: String, _ meaning: String, schemes: [String]) -> ServerURL {
        let form = schemes.map { "\($0)://…" }.joined(separator: " or ")
        let setting = Setting(
            name: name, meaning: meaning, expected: "a URL \(form) with a host", defaultText: nil, isSecret: true)
        return read(setting, default: nil, standIn: .mistaken, masked: \.description) { reader, key in
            ServerURL(try reader.requiredString(forKey: key, isSecret: true), schemes: schemes)
        }
    }

    /// A password or token.
    public mutating func secret(_ name: String, _ meaning: String) -> SecretText {
        let setting = Setting(
            name: name, meaning: meaning, expected: "a secret text", defaultText: nil, isSecret: true)
        return read(setting, default: nil, standIn: SecretText("")) { reader, key in
            SecretText(try reader.requiredString(forKey: key, isSecret: true))
        }
    }

    /// One key of 32 bytes, or several with ids, the newest first.
    public mutating func key(_ name: String, _ meaning: String) -> Keyring {
        let setting = Setting(
            name: name, meaning: meaning,
            expected: "\(Keyring.keyBytes) bytes in base64, or several as id:base64 with commas between, newest first",
            defaultText: nil, isSecret: true)
        return read(setting, default: nil, standIn: .mistaken, masked: \.description) { reader, key in
            Keyring(try reader.requiredString(forKey: key, isSecret: true))
        }
    }

    /// A value of the service's own kind.
    ///
    /// - Parameters:
    ///   - expected: What the value looks like, for the error text and the tables.
    ///   - isSecret: A secret may come from a file, and is never shown.
    ///   - standard: Used when the variable is not set, together with the text the tables show for it; without it the
    ///     setting has to be there.
    ///   - standIn: Returned after a mistake; it is never used, because `finish` throws.
    ///   - parse: Gives nil or throws for a text that is not what is expected. What it throws is not shown.
    public mutating func value<Value>(
        _ name: String, _ meaning: String, expected: String, isSecret: Bool = false,
        default standard: (value: Value, text: String)? = nil, standIn: Value, parse: (String) throws -> Value?
    ) -> Value {
        let setting = Setting(
            name: name, meaning: meaning, expected: expected, defaultText: standard?.text, isSecret: isSecret)
        return read(setting, default: standard?.value, standIn: standIn) { reader, key in
            try parse(try reader.requiredString(forKey: key, isSecret: isSecret))
        }
    }
}
