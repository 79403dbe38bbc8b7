import ArgumentParser
import Contracts
import FoundationEssentials
import JSON

/// A message's type and its body, as they stand on the command line.
struct MessageArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The message's type.", valueName: "type"))
    var type: String

    @Argument(help: ArgumentHelp("The message in JSON; - reads it from standard input.", valueName: "json"))
    var json: String

    /// The body, which parses as JSON.
    func body() throws -> [UInt8] {
        let bytes = Array((json == "-" ? MessageArguments.standardInput() : json).utf8)
        _ = try MessageArguments.value(bytes)
        return bytes
    }

    /// What was given as a message; throws unless it parses as JSON.
    static func value(_ bytes: [UInt8], _ what: String = "The message") throws(CommandFailure) -> JSONValue {
        do {
            return try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            throw CommandFailure(.usage, "\(what) is not JSON: \(MessageArguments.explain(error))")
        }
    }

    /// The entry of a request in the catalogue.
    static func entry(of type: String) -> Catalogue.Entry? {
        ServiceName.allCases.flatMap(Catalogue.requests).first { $0.type.description == type }
    }

    /// All of standard input.
    static func standardInput() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }

    private static func explain(_ error: any Error) -> String {
        guard case .dataCorrupted(let context) = error as? DecodingError else { return "it cannot be read." }
        return (context.underlyingError.map { "\($0)" } ?? context.debugDescription)
    }
}
