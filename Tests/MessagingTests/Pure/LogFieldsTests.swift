import Contracts
import FoundationEssentials
import Logging
import Testing

@testable import Messaging

/// What a line of the log says about a message.
@Suite struct LogFieldsTests {
    private let trace = "0af7651916cd43dd8448eb211c80319c"

    @Test func aMessageIsNamedWithItsTrace() {
        var envelope = Envelope(
            id: "a", source: "till", type: "t.v1", user: "till-7", traceparent: "00-\(trace)-b7ad6b7169203331-00")
        let expected: Logger.Metadata = ["message_id": "a", "type": "t.v1", "trace_id": "\(trace)"]
        #expect(envelope.logFields == expected)
        envelope.traceparent = "00-1"
        #expect(envelope.logFields == ["message_id": "a", "type": "t.v1"])
        #expect(envelope.logFields.adding(["code": "x"])["code"] == "x")
    }

    @Test func aBodyIsNowhereInIt() {
        let record = OutgoingRecord(
            id: .version7(), exchange: .events, type: "t.v1", body: Array("SECRET".utf8), hasSecret: true, time: Date())
        #expect(record.logFields == ["message_id": "\(record.id.text)", "type": "t.v1"])
    }
}
