import FoundationEssentials
import Testing

/// What neither the compiler nor the formatter sees: rules of the house that hold for every Swift file.
struct TidyTests {
    /// One line of a source file.
    struct Line: CustomStringConvertible {
        let path: String
        let number: Int
        let text: String

        var description: String { "\(path):\(number): \(text)" }

        /// The line without its comment and without what stands in string literals.
        var code: String {
            var code = ""
            var inString = false
            var previous: Character = " "
            for character in text {
                if character == "\"" && previous != "\\" { inString.toggle() }
                if !inString && character == "/" && previous == "/" { return String(code.dropLast()) }
                if !inString { code.append(character) }
                previous = character
            }
            return code
        }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file of these folders.
    static func files(in folders: [String]) throws -> [(path: String, lines: [Line])] {
        try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path).sorted()
                .filter { $0.hasSuffix(".swift") }
                .map { name in
                    let path = "\(folder)/\(name)"
                    let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
                    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                    return (path, lines.map { Line(path: path, number: $0.offset + 1, text: String($0.element)) })
                }
        }
    }

    @Test func productCodeHasNoShortcut() throws {
        let shortcuts = [
            "try!", "as!", "fatalError(", "print(", "Task.detached {", "nonisolated(unsafe)", "Thread.sleep",
        ]
        let lines = try Self.files(in: ["Shared", "Services"]).flatMap(\.lines)
        #expect(lines.count > 1_000)
        for shortcut in shortcuts {
            let found = lines.filter { Self.words($0.code, contain: shortcut) }
            #expect(found.isEmpty, "\(shortcut): \(found)")
        }
    }

    @Test func nothingIsLeftForLater() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
        for line in try Self.files(in: ["Shared", "Services", "Tests"]).flatMap(\.lines) {
            #expect(!marks.contains { line.text.contains($0) }, "\(line)")
        }
    }

    @Test func unsafeStandsAtTheCBorderOnly() throws {
        let border = [
            "EventLoop", "AMQP", "CMS", "CSV", "Postgres", "ManagementAPI", "PlainHTTP", "Processes", "HealthHTTP",
        ].map { "Shared/\($0)/" }
        for (path, lines) in try Self.files(in: ["Shared", "Services"]) where !border.contains(where: path.hasPrefix) {
            for line in lines { #expect(!Self.words(line.code, contain: "unsafe "), "\(line)") }
        }
    }

    @Test func foundationIsImportedInItsSmallForm() throws {
        for line in try Self.files(in: ["Shared", "Services"]).flatMap(\.lines) {
            let words = line.code.split(separator: " ")
            #expect(words.last != "Foundation" || !words.contains("import"), "\(line)")
        }
    }

    @Test func filesAndFunctionsFitTheirSubject() throws {
        for (path, lines) in try Self.files(in: ["Shared", "Services"]) {
            #expect(lines.count <= 600, "\(path) has \(lines.count) lines")
            for (start, length) in Self.functions(lines) where length > 75 {
                Issue.record("\(path):\(start): a function of \(length) lines")
            }
        }
    }

    @Test func noServiceSeesAnother() throws {
        let services = ["cities", "events", "vouchers", "notifications", "citycoop"]
        for line in try Self.files(in: ["Shared", "Services"]).flatMap(\.lines) {
            let words = line.code.split(separator: " ").map(String.init)
            #expect(!words.contains("import") || !services.contains(words.last ?? ""), "\(line)")
        }
    }

    @Test func decisionsAreNumberedOnce() throws {
        let folder = Self.root.appending(path: "infra/decisions")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.count > 10)
        for (place, name) in names.enumerated() {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            #expect(Int(name.prefix(4)) == place + 1, "\(name)")
            #expect(text.hasPrefix("# \(place + 1). "), "\(name)")
        }
    }

    /// Every setting of the containers stands in `.env.example`, with the value that counts without it.
    @Test func settingsOfContainersAreListed() throws {
        func text(_ name: String) throws -> String {
            try String(contentsOf: Self.root.appending(path: name), encoding: .utf8)
        }
        var used: [String: String] = [:]
        for name in ["docker-compose.yml", "docker-compose.tls.yml"] {
            for part in try text(name).split(separator: "${").dropFirst() {
                let setting = part.prefix { $0 != "}" }
                let separator = try #require(setting.firstRange(of: ":-"), "\(setting) has no default")
                used[String(setting[..<separator.lowerBound])] = String(setting[separator.upperBound...])
            }
        }
        var listed: [String: String] = [:]
        for line in try text(".env.example").split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            listed[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        #expect(used.count > 10)
        #expect(used == listed)
    }

    /// Whether `code` has `word` with nothing that belongs to a name in front of it.
    static func words(_ code: String, contain word: String) -> Bool {
        var rest = code[...]
        while let range = rest.firstRange(of: word) {
            let before = rest[..<range.lowerBound].last
            if before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }) ?? true { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// Where functions begin and how long they are, by the indentation that the formatter guarantees.
    static func functions(_ lines: [Line]) -> [(start: Int, length: Int)] {
        lines.enumerated().compactMap { index, line in
            guard line.code.contains("func ") || line.code.contains(" init(") else { return nil }
            let indentation = line.text.prefix { $0 == " " }.count
            let end = lines[index...].dropFirst().first {
                $0.text.prefix { $0 == " " }.count == indentation && $0.text.dropFirst(indentation).hasPrefix("}")
            }
            return end.map { (line.number, $0.number - line.number) }
        }
    }
}
