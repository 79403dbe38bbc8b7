/// Turns OpenTelemetry's names into Prometheus's.
enum PrometheusName {
    /// `messaging.process.duration` and the unit `seconds` give `messaging_process_duration_seconds`.
    static func metric(_ name: String, suffix: String?) -> String {
        let plain = plain(name, isAllowed: { $0 == ":" })
        guard let suffix, !plain.hasSuffix("_" + suffix) else { return plain }
        return "\(plain)_\(suffix)"
    }

    /// A label's name; `le` belongs to the histograms, and two underscores in front to Prometheus.
    static func label(_ name: String) -> String {
        var plain = plain(name, isAllowed: { _ in false })
        if plain.hasPrefix("__") { plain = "label" + plain }
        return plain == "le" ? "label_le" : plain
    }

    private static func plain(_ name: String, isAllowed: (Unicode.Scalar) -> Bool) -> String {
        var plain = ""
        for scalar in name.unicodeScalars {
            let isWord = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            plain.unicodeScalars.append(isWord || isAllowed(scalar) ? scalar : "_")
        }
        return plain.first.map { !$0.isNumber } == true ? plain : "_" + plain
    }

    /// `{name="value",…}` in the order of the names, or nothing when there are none.
    static func labels(_ dimensions: [(String, String)]) -> String {
        // Two names may become one: the later value stands, as a metric with one label twice is refused whole.
        var values: [String: String] = [:]
        for (name, value) in dimensions { values[label(name)] = value }
        guard !values.isEmpty else { return "" }
        let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Escapes what the text format gives a meaning: backslash and line end, in label values quotation marks as well.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\n": escaped += #"\n"#
            case "\"" where quotes: escaped += #"\""#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A number as the text format wants it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }
}
