internal import FoundationEssentials
internal import Logging

/// How log lines are written.
public enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object a line.
    case json
    /// Words for people.
    case plain
}

/// One line of the log, built field by field within a bound.
///
/// A field that would make the line too long is left out, and the line says so: `truncated`.
struct LogLine: ~Copyable {
    private static let tailBytes = 64

    private(set) var bytes: [UInt8] = []
    private let format: LogFormat
    private var isTruncated = false

    init(_ format: LogFormat, at time: Date, level: Logger.Level, service: String, message: String) {
        self.format = format
        bytes.reserveCapacity(512)
        switch format {
        case .json:
            bytes.append(UInt8(ascii: "{"))
            addJSON("time", .string(LogLine.text(time)))
            addJSON("level", .string(level.rawValue))
            addJSON("service", .string(service))
            bytes.append(contentsOf: #","message":"#.utf8)
            bytes.appendJSON(message, bytesMax: ServiceLimits.logMessageBytesMax)
        case .plain:
            let name = level.rawValue.uppercased()
            let padding = String(repeating: " ", count: max(0, 8 - name.utf8.count))
            bytes.append(contentsOf: "\(LogLine.text(time)) \(name)\(padding) \(service): ".utf8)
            bytes.appendPlain(message, bytesMax: ServiceLimits.logMessageBytesMax)
        }
    }

    /// RFC 3339 in UTC, with milliseconds.
    static func text(_ time: Date) -> String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    mutating func add(_ name: String, _ value: Logger.MetadataValue) {
        let start = bytes.count
        switch format {
        case .json: addJSON(name, value)
        case .plain: addPlain(name, value)
        }
        if bytes.count > ServiceLimits.logLineBytesMax - LogLine.tailBytes {
            bytes.removeSubrange(start...)
            isTruncated = true
        }
    }

    /// The whole line with its end.
    consuming func finished() -> [UInt8] {
        if isTruncated {
            bytes.append(contentsOf: (format == .json ? #","truncated":true"# : " truncated=true").utf8)
        }
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func addJSON(_ name: String, _ value: Logger.MetadataValue) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.appendJSON(name, bytesMax: ServiceLimits.logFieldBytesMax)
        bytes.append(UInt8(ascii: ":"))
        appendJSON(value, depth: 0)
    }

    /// Stops where the line is full: `add` takes the field back then.
    private mutating func appendJSON(_ value: Logger.MetadataValue, depth: Int) {
        guard bytes.count <= ServiceLimits.logLineBytesMax else { return }
        guard depth < ServiceLimits.logDepthMax else { return bytes.append(contentsOf: #""…""#.utf8) }
        switch value {
        case .string(let text):
            bytes.appendJSON(text, bytesMax: ServiceLimits.logFieldBytesMax)
        case .stringConvertible(let value):
            bytes.appendJSON(value.description, bytesMax: ServiceLimits.logFieldBytesMax)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendJSON(value, depth: depth + 1)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.appendJSON(field.key, bytesMax: ServiceLimits.logFieldBytesMax)
                bytes.append(UInt8(ascii: ":"))
                appendJSON(field.value, depth: depth + 1)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func addPlain(_ name: String, _ value: Logger.MetadataValue) {
        bytes.append(UInt8(ascii: " "))
        bytes.appendPlain(name, bytesMax: ServiceLimits.logFieldBytesMax)
        bytes.append(UInt8(ascii: "="))
        switch value {
        case .string(let text): appendPlainValue(text)
        case .stringConvertible(let value): appendPlainValue(value.description)
        case .array, .dictionary: appendJSON(value, depth: 0)
        }
    }

    private mutating func appendPlainValue(_ text: String) {
        let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
        if isWord {
            bytes.appendPlain(text, bytesMax: ServiceLimits.logFieldBytesMax)
        } else {
            bytes.appendJSON(text, bytesMax: ServiceLimits.logFieldBytesMax)
        }
    }
}

extension [UInt8] {
    /// Appends a text for people: quotation marks and backslashes stay as they are, control characters are escaped, so
    /// that nobody's input can begin a line of its own or paint the terminal.
    fileprivate mutating func appendPlain(_ text: String, bytesMax: Int) {
        let end = count + bytesMax
        for scalar in text.unicodeScalars {
            guard count < end else { return append(contentsOf: "…".utf8) }
            if scalar == "\"" || scalar == "\\" {
                append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                appendEscaped(String(scalar))
            }
        }
    }
}
