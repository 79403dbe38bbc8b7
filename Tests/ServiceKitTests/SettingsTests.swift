import FoundationEssentials
import Testing

@testable import ServiceKit

enum Colour: String, CaseIterable, Sendable {
    case red, green
}

/// Everything a service could read, in one go.
private struct Everything {
    let port: Int
    let number: Int
    let flag: Bool
    let text: String
    let pause: Duration
    let colour: Colour
    let folder: String
    let broker: ServerURL
    let password: SecretText
    let keys: Keyring

    init(_ settings: inout Settings) {
        port = settings.port("SHOP_HTTP_PORT", "Port", default: 8081)
        number = settings.number("SHOP_WINDOW", "Window", default: 2_000, in: 1...10_000)
        flag = settings.flag("SHOP_STRICT", "Strictness", default: true)
        text = settings.text("SHOP_GREETING", "Greeting", default: "Grüß Gott")
        pause = settings.duration("SHOP_PAUSE", "Pause", default: .seconds(5))
        colour = settings.choice("SHOP_COLOUR", "Colour", default: Colour.red)
        folder = settings.folder("SHOP_FOLDER", "Folder", default: "/tmp")
        broker = settings.url("SHOP_AMQP_URL", "Broker", schemes: ["amqp", "amqps"])
        password = settings.secret("SHOP_PASSWORD", "Password")
        keys = settings.key("SHOP_SEAL_KEY", "Key")
    }
}

private let key = String(repeating: "A", count: 43) + "="
private let required = [
    "SHOP_AMQP_URL": "amqps://shop:geheim@broker.example:5671/citycoop?password=auch",
    "SHOP_PASSWORD": "hunter2", "SHOP_SEAL_KEY": key,
]

private func mistakes(_ environment: [String: String]) -> [String: String] {
    var settings = Settings(environment, prefix: "SHOP")
    _ = Everything(&settings)
    do throws(ConfigurationMistakes) {
        try settings.finish()
        return [:]
    } catch {
        return Dictionary(error.mistakes.map { ($0.name, $0.text) }) { "\($0) \($1)" }
    }
}

@Suite("Settings")
struct SettingsTests {
    @Test("what is not set takes its default")
    func defaults() throws {
        var settings = Settings(required, prefix: "SHOP")
        let everything = Everything(&settings)
        try settings.finish()
        #expect(everything.port == 8081)
        #expect(everything.number == 2_000)
        #expect(everything.flag)
        #expect(everything.text == "Grüß Gott")
        #expect(everything.pause == .seconds(5))
        #expect(everything.colour == .red)
        #expect(everything.folder == "/tmp")
        #expect(everything.broker.revealed == required["SHOP_AMQP_URL"])
        #expect(everything.broker.host == "broker.example")
        #expect(everything.broker.port == 5671)
        #expect(everything.password.revealed == "hunter2")
        #expect(everything.keys.newest.bytes == Array(repeating: 0, count: 32))
    }

    @Test("what is set is taken")
    func values() throws {
        let given = [
            "SHOP_HTTP_PORT": "9000", "SHOP_WINDOW": "1", "SHOP_STRICT": "false", "SHOP_GREETING": "Dober dan",
            "SHOP_PAUSE": "250ms", "SHOP_COLOUR": "green",
        ]
        var settings = Settings(required.merging(given) { $1 }, prefix: "SHOP")
        let everything = Everything(&settings)
        try settings.finish()
        #expect(everything.port == 9_000)
        #expect(everything.number == 1)
        #expect(!everything.flag)
        #expect(everything.text == "Dober dan")
        #expect(everything.pause == .milliseconds(250))
        #expect(everything.colour == .green)
    }

    @Test("all mistakes are named at once, each with what was found and what is expected")
    func allMistakes() {
        let found = mistakes([
            "SHOP_HTTP_PORT": "80a81", "SHOP_WINDOW": "0", "SHOP_STRICT": "ja", "SHOP_GREETING": "", "SHOP_PAUSE": "5",
            "SHOP_COLOUR": "blue", "SHOP_FOLDER": "/nowhere/at/all", "SHOP_AMQP_URL": "http://broker",
            "SHOP_SEAL_KEY": "c2hvcnQ=",
        ])
        #expect(found.count == 10)
        #expect(found["SHOP_HTTP_PORT"] == #"is "80a81"; expected a port from 1 to 65535."#)
        #expect(found["SHOP_WINDOW"] == #"is "0"; expected a whole number from 1 to 10000."#)
        #expect(found["SHOP_STRICT"] == #"is "ja"; expected true or false."#)
        #expect(found["SHOP_GREETING"] == "is empty; expected a text.")
        #expect(
            found["SHOP_PAUSE"] == #"is "5"; expected a time such as 250ms, 5s, 2m, 1h or 7d, from 1ms to 1d."#)
        #expect(found["SHOP_COLOUR"] == #"is "blue"; expected red, green."#)
        #expect(found["SHOP_FOLDER"]?.hasPrefix(#"is "/nowhere/at/all"; expected"#) == true)
        #expect(
            found["SHOP_AMQP_URL"]
                == "is set to something else (13 bytes); expected a URL amqp://… or amqps://… with a host.")
        #expect(
            found["SHOP_PASSWORD"]
                == "is not set; expected a secret text, here or in the file that SHOP_PASSWORD_FILE names.")
        #expect(found["SHOP_SEAL_KEY"]?.hasPrefix("is set to something else (8 bytes); expected 32 bytes") == true)
    }

    @Test("no text about the configuration shows a secret")
    func secretsStaySecret() throws {
        var settings = Settings(required, prefix: "SHOP")
        let everything = Everything(&settings)
        var wrong = required
        wrong["SHOP_AMQP_URL"] = "amqp//shop:geheim@broker"
        wrong["SHOP_SEAL_KEY"] = key + "hunter2"
        var dumped = ""
        dump(everything, to: &dumped)
        let texts = [
            dumped, "\(everything)", settings.documentation.values, settings.documentation.text,
            "\(mistakes(wrong))", "\(everything.keys)", String(reflecting: everything.password),
        ]
        for text in texts {
            for secret in ["geheim", "auch", "hunter2", "AAAA"] {
                #expect(!text.contains(secret), "\(secret) stands in: \(text)")
            }
        }
        #expect(
            settings.documentation.values.hasSuffix(
                """
                SHOP_AMQP_URL   amqps://shop@broker.example:5671/citycoop
                SHOP_PASSWORD   (set, 7 bytes)
                SHOP_SEAL_KEY   keys 1
                """))
        #expect("\(everything.broker)" == "amqps://shop@broker.example:5671/citycoop")
    }

    @Test("a mistyped name is found, and the right one proposed")
    func unknownNames() {
        let found = mistakes(
            required.merging([
                "SHOP_HTPP_PORT": "1", "SHOP_SOMETHING_QUITE_DIFFERENT": "1", "SHOP_HTTP_PORT_FILE": "/x",
                "PATH": "/bin",
                "SHOPPING": "1",
            ]) { $1 })
        #expect(
            found == [
                "SHOP_HTPP_PORT": "is no setting of this service; did you mean SHOP_HTTP_PORT?",
                "SHOP_SOMETHING_QUITE_DIFFERENT": "is no setting of this service; `settings` lists those there are.",
                "SHOP_HTTP_PORT_FILE": "is no setting of this service; `settings` lists those there are.",
            ])
    }

    @Test("variables that Kubernetes injects for a service of the same name are no mistakes")
    func kubernetes() {
        let injected = [
            "SHOP_SERVICE_HOST": "10.0.0.1", "SHOP_SERVICE_PORT": "8081", "SHOP_SERVICE_PORT_HTTP": "8081",
            "SHOP_PORT": "tcp://10.0.0.1:8081", "SHOP_PORT_8081_TCP": "tcp://10.0.0.1:8081",
            "SHOP_PORT_8081_TCP_ADDR": "10.0.0.1",
        ]
        #expect(mistakes(required.merging(injected) { $1 }).isEmpty)
    }

    @Test("control characters in a mistaken value do not reach the terminal")
    func controlCharacters() {
        var environment = required
        environment["SHOP_HTTP_PORT"] = "1\u{1B}[2J\n2"
        #expect(mistakes(environment)["SHOP_HTTP_PORT"] == #"is "1?[2J?2"; expected a port from 1 to 65535."#)
    }

    @Test("the error's text has a line for each mistake")
    func description() {
        let error = ConfigurationMistakes(mistakes: [
            .init(name: "A", text: "is not set; expected a text."), .init(name: "B", text: "is empty; expected red."),
        ])
        #expect(
            "\(error)" == """
                2 mistakes in the configuration:
                  A is not set; expected a text.
                  B is empty; expected red.
                """)
    }

    @Test("a service's own kind of value, and a mistake that only it can see")
    func ownKinds() {
        var settings = Settings(["SHOP_PAIR": "1-2", "SHOP_BAD": "x"], prefix: "SHOP")
        func pair(_ text: String) -> [Int]? {
            let numbers = text.split(separator: "-").compactMap { Int($0) }
            return numbers.count == 2 ? numbers : nil
        }
        let good = settings.value("SHOP_PAIR", "Pair", expected: "two numbers", standIn: [], parse: pair)
        _ = settings.value("SHOP_BAD", "Pair", expected: "two numbers", standIn: [], parse: pair)
        let standard = settings.value(
            "SHOP_NONE", "Pair", expected: "two numbers", default: ([3, 4], "3-4"), standIn: [], parse: pair)
        settings.mistake("SHOP_PAIR", "contradicts SHOP_BAD.")
        #expect(good == [1, 2])
        #expect(standard == [3, 4])
        let error = #expect(throws: ConfigurationMistakes.self) { try settings.finish() }
        #expect(error?.mistakes.map(\.name) == ["SHOP_BAD", "SHOP_PAIR"])
    }

    @Test("a file is optional, but there if it is named")
    func files() throws {
        var settings = Settings(
            ["SHOP_CA": "/etc/passwd", "SHOP_MISSING": "/nowhere", "SHOP_DIRECTORY": "/tmp"], prefix: "SHOP")
        #expect(settings.file("SHOP_CA", "Certificate") == "/etc/passwd")
        #expect(settings.file("SHOP_NONE", "Certificate") == nil)
        _ = settings.file("SHOP_MISSING", "Certificate")
        _ = settings.file("SHOP_DIRECTORY", "Certificate")
        let error = #expect(throws: ConfigurationMistakes.self) { try settings.finish() }
        #expect(
            error?.mistakes.map { "\($0.name) \($0.text)" } == [
                #"SHOP_MISSING is "/nowhere"; expected the path of a file that can be read."#,
                #"SHOP_DIRECTORY is "/tmp"; expected the path of a file that can be read."#,
            ])
    }

    @Test("the tables name every setting")
    func tables() {
        var settings = Settings(["SHOP_PAUSE": "2m"], prefix: "SHOP")
        _ = settings.duration("SHOP_PAUSE", "Pause between two rounds", default: .seconds(5))
        _ = settings.secret("SHOP_PASSWORD", "Password of the shop")
        let limits = "a time such as 250ms, 5s, 2m, 1h or 7d, from 1ms to 1d"
        #expect(
            settings.documentation.text == """
                SETTING        DEFAULT     MEANING
                SHOP_PAUSE     5s          Pause between two rounds: \(limits)
                SHOP_PASSWORD  (required)  Password of the shop: a secret text
                """)
        #expect(
            settings.documentation.markdown == """
                | Setting | Meaning | Takes | Default |
                |---|---|---|---|
                | `SHOP_PAUSE` | Pause between two rounds | \(limits) | `5s` |
                | `SHOP_PASSWORD` (or `SHOP_PASSWORD_FILE`) | Password of the shop | a secret text | required |
                """)
        #expect(settings.documentation.values == "SHOP_PAUSE     2m\nSHOP_PASSWORD  (not set)")
    }
}

@Suite("Secret files")
struct SecretFileTests {
    private func password(_ environment: [String: String]) -> Result<String, ConfigurationMistakes> {
        var settings = Settings(environment, prefix: "SHOP")
        let password = settings.secret("SHOP_PASSWORD", "Password")
        return Result { () throws(ConfigurationMistakes) in
            try settings.finish()
            return password.revealed
        }
    }

    private func withFile(_ content: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
        try Data(content).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        try body(path.path)
    }

    @Test(
        "the file's content is the value, without one line end",
        arguments: [
            ("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), ("hunter2\n\n", "hunter2\n"),
            (" hunter2 ", " hunter2 "),
        ])
    func content(_ content: String, _ value: String) throws {
        try withFile(Array(content.utf8)) { path in
            let read = try password(["SHOP_PASSWORD_FILE": path]).get()
            #expect(read == value)
        }
    }

    @Test("both the variable and its file are a mistake")
    func both() throws {
        try withFile(Array("hunter2".utf8)) { path in
            let result = password(["SHOP_PASSWORD_FILE": path, "SHOP_PASSWORD": "hunter2"])
            #expect(
                throws: ConfigurationMistakes(mistakes: [
                    .init(
                        name: "SHOP_PASSWORD", text: "is set, and SHOP_PASSWORD_FILE as well; expected one of the two.")
                ])
            ) { try result.get() }
        }
    }

    @Test("a file that cannot be taken says why, never what is in it")
    func unreadable() throws {
        try withFile([0x68, 0xFF, 0x68]) { path in
            #expect(reason(path).hasSuffix("which is not UTF-8 text."))
        }
        try withFile(Array(repeating: 0x41, count: 70_000)) { path in
            #expect(reason(path).hasSuffix("which is larger than 65536 bytes."))
        }
        try withFile([]) { path in
            #expect(reason(path) == "is empty; expected a secret text.")
        }
        #expect(reason("/nowhere").hasSuffix("/nowhere, which does not exist."))
        #expect(reason("/tmp").hasSuffix("/tmp, which is a folder."))
        #expect(reason("").hasSuffix("names no file."))
    }

    private func reason(_ path: String) -> String {
        switch password(["SHOP_PASSWORD_FILE": path]) {
        case .success(let value): "no mistake, but \(value)"
        case .failure(let error): error.mistakes.map(\.text).joined()
        }
    }
}
