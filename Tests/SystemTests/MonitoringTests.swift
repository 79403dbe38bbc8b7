import AMQP
import Contracts
import Foundation
import TestKit
import Testing

extension SystemTests {
    /// What an operator sees of a suite that works.
    @Suite("Monitoring", .serialized, .running("monitoring", .cities, .vouchers, .events, .notifications))
    struct MonitoringTests {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()

        /// The lines of `/metrics` of every service.
        private func figures() async throws -> [ServiceName: [String]] {
            var figures: [ServiceName: [String]] = [:]
            for instance in try RunningServices.required.instances {
                let answer = try await HTTPResponse.to("GET", "/metrics", port: instance.httpPort)
                #expect(answer.status == 200)
                figures[instance.service] = answer.body.split(separator: "\n").map(String.init)
            }
            return figures
        }

        /// The value of one series.
        private func value(_ series: String, in lines: [String]?) -> Double? {
            lines?.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
        }

        @Test("what alerts and dashboard ask for is there, and counts what happens")
        func metrics() async throws {
            let system = try System.required
            try await Client.with(system) { client in
                let shop = try await Shop.open(client, values: [5_000])
                let redemption = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(shop.cards[0].code), merchantId: shop.merchants[0],
                    amount: Money(1_000, "EUR"))
                _ = try await client.callUntilKnown(redemption)
                _ = try await client.call(GetBalance(code: Secret(shop.cards[0].code)))
            }
            let sent =
                #"messaging_client_sent_messages_total{messaging_message_type="vouchers.redeemed.v1",messaging_operation_name="publish"}"#
            try await eventually("the event is counted") { value(sent, in: try await figures()[.vouchers]) == 1 }
            let shown = try await figures()
            let vouchers = shown[.vouchers]
            let labels =
                #"{messaging_destination_name="vouchers.commands",messaging_message_type="vouchers.redeem.v1"}"#
            #expect(try #require(value("messaging_client_consumed_messages_total\(labels)", in: vouchers)) >= 1)
            #expect(try #require(value("messaging_process_duration_seconds_count\(labels)", in: vouchers)) >= 1)
            #expect(value(#"citycoop_ready{check="database"}"#, in: vouchers) == 1)
            #expect(value(#"citycoop_broker_connected{connection="commands"}"#, in: vouchers) == 1)
            #expect(value(#"db_client_connection_max{db_client_connection_pool_name="vouchers"}"#, in: vouchers) == 4)
            #expect(value("citycoop_outbox_oldest_age_seconds", in: vouchers) != nil)
            let warned = sent.replacing("redeemed", with: "limited-network-warned")
            #expect(value(warned, in: vouchers) == 0, "what has never happened is shown as well")
            try expectAsked(in: shown.values.flatMap { $0 })
        }

        private func expectAsked(in lines: [String]) throws {
            let labels = lines.flatMap { line in line.matches(of: /([a-z_]+)="/).map { String($0.1) } }
            let shown = Set(lines.map { String($0.prefix { $0 != " " && $0 != "{" }) } + labels)
            for file in ["alerts.yml", "grafana/citycoop.json"] {
                let text = try String(
                    contentsOf: Self.root.appending(path: "infra/monitoring/\(file)"), encoding: .utf8)
                let names = Set(
                    text.matches(of: /\b(?:citycoop|messaging|db_client|process)_[a-z_]+\b/).map { String($0.output) })
                // Only a service that sends its spans counts them; only one that has failed tells the reason.
                let rare: Set = ["citycoop_trace_spans_total", "citycoop_failures_total"]
                let missing = names.subtracting(shown).subtracting(rare)
                #expect(names.count > 10 && missing.isEmpty, "\(file): \(missing.sorted())")
            }
        }

        @Test("status tells of every service, once or until it is ended")
        func status() async throws {
            let system = try System.required
            let tool = "\(system.programs)/citycoop"
            let once = try await Program.run(tool, ["status"], environment: system.operatorEnvironment)
            #expect(once.status == 0, "\(once.output)")
            #expect(once.output.contains("All is well.") && once.output.contains("no alarm"), "\(once.output)")
            let watching = try StatusProcess(tool, ["status", "--watch", "0.2", "--json"], system.operatorEnvironment)
            try await eventually(within: .seconds(60), "three looks") { watching.lines.count >= 3 }
            let (status, lines) = try await watching.interrupt()
            #expect(status == 0)
            #expect(lines.allSatisfy { $0.contains(#""well":true"#) && $0.contains(#""instances":1"#) })
        }

        @Test("a look at a suite that is not well ends with 1, and so does the last of many")
        func unwell() async throws {
            let system = try System.required
            let tool = "\(system.programs)/citycoop"
            let events = try RunningServices.required.instance(.events)
            _ = try await events.stop()
            let watching = try StatusProcess(
                tool, ["status", "--watch", "0.2", "--timeout", "0.5"], system.operatorEnvironment)
            try await eventually(within: .seconds(60), "a look") {
                watching.lines.contains { $0.hasPrefix("Not well") }
            }
            let (status, lines) = try await watching.interrupt()
            #expect(status == 1)
            #expect(
                lines.contains { $0.contains("nobody reads events.commands") || $0.contains("events does not answer") })
            try events.start()
            try await events.waitUntilReady()
        }

        @Test("logs say which message and which trace, and never a code")
        func logs() async throws {
            let system = try System.required
            let vouchers = try RunningServices.required.instance(.vouchers)
            let trace = "0af7651916cd43dd8448eb211c80319c"
            try await Client.with(system) { client in
                let shop = try await Shop.open(client, values: [5_000])
                let code = shop.cards[0].code
                // Of a type with a secret, and broken: it is filed, and the log says so.
                let body = #"{"redemptionId":"x","code":"\#(code)","merchantId":"\#(UUID())","amount":{}}"#
                try await client.publish(
                    Array(body.utf8), as: RedeemVoucher.type.description,
                    Properties(
                        headers: ["traceparent": .string("00-\(trace)-b7ad6b7169203331-01")], messageID: "broken-1"))
                try await eventually("the log says so") { vouchers.log.contains("broken-1") }
                let line = try #require(vouchers.log.split(separator: "\n").last { $0.contains("broken-1") })
                for words in [" message_id=broken-1 ", " trace_id=\(trace)", " type=vouchers.redeem.v1"] {
                    #expect(line.contains(words), "\(line)")
                }
                for instance in try RunningServices.required.instances {
                    #expect(!instance.log.contains(code), "\(instance.label)")
                    #expect(!instance.log.contains(code.replacing("-", with: "")), "\(instance.label)")
                }
            }
        }
    }
}

/// The operator's tool while it watches.
private final class StatusProcess: Sendable {
    private let process: Process
    private let output: URL

    init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
        output = FileManager.default.temporaryDirectory.appending(path: "citycoop-watch-\(UUID().uuidString)")
        try Data().write(to: output)
        process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.runUnblocked()
    }

    /// What it has written so far.
    var lines: [String] {
        (try? String(contentsOf: output, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
    }

    /// Ctrl-C: returns the exit status and what it wrote.
    func interrupt() async throws -> (status: Int32, lines: [String]) {
        kill(process.processIdentifier, SIGINT)
        try await eventually(within: .seconds(30), "the end of the watch") { !process.isRunning }
        defer { try? FileManager.default.removeItem(at: output) }
        return (process.terminationReason == .exit ? process.terminationStatus : -1, lines)
    }
}
