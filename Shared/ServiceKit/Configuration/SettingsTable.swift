/// One setting: what it is called, what it is for, what it takes.
struct Setting: Sendable {
    let name: String
    let meaning: String
    let expected: String
    /// Nil if the setting has to be there.
    let defaultText: String?
    let isSecret: Bool
    /// What the environment gave, fit to be shown.
    var found: String?

    var fileName: String { name + "_FILE" }

    var fileHint: String { isSecret ? ", here or in the file that \(fileName) names" : "" }

    /// A found value as an error text may show it: its kind if it is secret, else its first letters without controls.
    func shown(_ text: String) -> String {
        if text.isEmpty { return "empty" }
        if isSecret { return "set to something else (\(text.utf8.count) bytes)" }
        let shortened = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return "\"\(String(String.UnicodeScalarView(shortened.unicodeScalars.map { $0.isControl ? "?" : $0 })))\""
    }
}

/// The settings of a service as a table, for help texts, for `check` and for the README.
public struct SettingsTable: Sendable {
    private(set) var settings: [Setting] = []

    mutating func append(_ setting: Setting) {
        settings.append(setting)
    }

    /// Every name that may stand in the environment, `…_FILE` included.
    var names: Set<String> {
        Set(settings.flatMap { $0.isSecret ? [$0.name, $0.fileName] : [$0.name] })
    }

    /// For a terminal: name, default and meaning.
    public var text: String {
        let rows = settings.map { [$0.name, $0.defaultText ?? "(required)", "\($0.meaning): \($0.expected)"] }
        return SettingsTable.aligned([["SETTING", "DEFAULT", "MEANING"]] + rows)
    }

    /// For a terminal: name and the value in use, or that it is the default; secrets are masked.
    public var values: String {
        SettingsTable.aligned(
            settings.map { [$0.name, $0.found ?? $0.defaultText.map { "\($0) (default)" } ?? "(not set)"] })
    }

    /// For the README.
    public var markdown: String {
        let rows = settings.map { setting in
            let file = setting.isSecret ? " (or `\(setting.fileName)`)" : ""
            return "| `\(setting.name)`\(file) | \(setting.meaning) | \(setting.expected) | "
                + (setting.defaultText.map { "`\($0)`" } ?? "required") + " |"
        }
        return (["| Setting | Meaning | Takes | Default |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }

    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        .joined(separator: "\n")
    }
}
