import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import JSON
import Messaging

/// Shows events as they come.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show events as they come.",
        discussion: """
            PATTERN is a type in which * stands for one word and # for any number of them. Events are taken from a queue of \
            our own, so nobody else misses one; what was said before is not shown.

            Examples:
              citycoop watch
              citycoop watch 'vouchers.#'
              citycoop watch --json --count 10 '*.*-refused.v1'
            """)

    @Flag(help: "One JSON object per event, with its envelope.")
    var json = false

    @Option(help: ArgumentHelp("End after so many events.", valueName: "n"))
    var count: Int?

    @Argument(help: "Which types.")
    var pattern = "#"

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
        guard !pattern.isEmpty, pattern.utf8.count <= 255 else {
            throw ValidationError("A pattern has 1 to 255 bytes.")
        }
    }

    func run() async throws {
        try await reporting {
            try await EventWatch.with(Surroundings.ours.broker(), patterns: [pattern]) { watch in
                if Terminal.isWatched { Terminal.tell("watching \(pattern); Ctrl-C ends it") }
                var left = count ?? .max
                while left > 0 {
                    for event in try await watch.next(max: min(left, 100)) {
                        Terminal.write(json ? JSONText.line(event) : event.line)
                        left -= 1
                    }
                }
            }
        }
    }
}

/// An event as a watcher sees it.
struct SeenEvent: Codable, Sendable {
    var time: Timestamp?
    var type: String
    var id: String
    var source: String
    var user: String?
    var sequence: Int64?
    var body: JSONValue

    init(_ delivery: Delivery, _ reader: EnvelopeReader) {
        let envelope = reader.envelope(of: delivery)
        time = envelope.time.map(Timestamp.init)
        type = envelope.type
        id = envelope.id
        source = envelope.source
        user = envelope.user
        sequence = envelope.sequence
        let data = Data(delivery.body)
        body =
            (try? JSONDecoder().decode(JSONValue.self, from: data))
            ?? .string(String(decoding: delivery.body, as: UTF8.self))
    }

    /// Time, type and body on one line.
    var line: String {
        "\(time?.description ?? "-")  \(type)  \(JSONText.line(body))"
    }

    /// The body as its contract reads it.
    func decoded<E: Event>(_ event: E.Type) -> E? {
        guard type == E.type.description else { return nil }
        return try? JSONDecoder().decode(E.self, from: JSONEncoder().encode(body))
    }
}
