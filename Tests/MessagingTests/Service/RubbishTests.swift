import AMQP
import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// What should not have been sent is filed with the reason; it stops nobody and runs nothing.
@Suite(.timeLimit(.minutes(1))) struct RubbishTests {
    private let sound = String(decoding: (try? JSONEncoder.stable(issue())) ?? [], as: UTF8.self)

    private var rubbish: [(code: String, body: String, properties: Properties)] {
        let deep = String(repeating: "[", count: 100_000)
        let named = { (id: String, headers: [String: HeaderValue]) in Properties(headers: headers, messageID: id) }
        return [
            ("no-id", sound, Properties()),
            ("contract-broken", "}{", named("r1", [:])),
            ("contract-broken", deep, named("r2", [:])),
            ("contract-broken", #"{"issueId":{"\u0000":1}}"#, named("r3", [:])),
            ("invalid", sound.replacing("1000", with: "1"), named("r4", [:])),
            ("type-differs", sound, named("r5", ["cloudEvents_type": .string("vouchers.redeem.v1")])),
            ("attribute-unreadable", sound, named("r6", ["traceparent": .string(String(repeating: "x", count: 999))])),
            ("deadline-unreadable", sound, named("r7", ["deadline": .string("soon")])),
            ("deadline-exceeded", sound, named("r8", ["deadline": .string("2020-01-01T00:00:00Z")])),
            ("structured-unreadable", "[]", Properties(contentType: "application/cloudevents+json", messageID: "r9")),
        ]
    }

    @Test func rubbishIsFiledAndNeighboursGoThrough() async throws {
        try await withServiceAndClient { service, client in
            try await client.send(issues(10))
            for item in rubbish { await client.send(item.body, item.properties) }
            await client.send(sound, Properties(replyTo: "vouchers.commands", messageID: "forged"))
            try await client.send(issues(10))
            try await service.running {
                try await service.waitForEffects(21)
                try await eventually("all of it is filed") {
                    try await service.failures().count == rubbish.count
                }
                let codes = try await service.failures().map(\.code)
                #expect(codes.sorted() == rubbish.map(\.code).sorted())
                #expect(try await service.effects() == 21)
                let waiting = try await service.vhost.administer { try $0.messageCount("vouchers.commands") }
                #expect(waiting == 0, "no answer was written into the forged queue")
            }
        }
    }

    @Test func whoAsksHearsWhatIsWrong() async throws {
        try await withServiceAndClient { service, client in
            try await service.running {
                for item in rubbish where !["no-id", "type-differs", "structured-unreadable"].contains(item.code) {
                    guard item.properties.headers.isEmpty else { continue }
                    let reply = try await client.requester.call(
                        IssueVoucher.type.description, body: Array(item.body.utf8))
                    let problem = try JSONDecoder().decode(Problem.self, from: Data(reply.body))
                    #expect(!reply.isSuccess && problem.code == item.code)
                }
            }
        }
    }

    @Test func anEventOfAForgerIsFiledAndStaysSoWhenItIsTriedAgain() async throws {
        try await withServiceAndClient { service, client in
            let event = MerchantRegistered(merchantId: .version7(), cityId: .version7(), name: "Forged", version: 1)
            let body = String(decoding: try JSONEncoder.stable(event), as: UTF8.self)
            await client.send(
                body, as: MerchantRegistered.type.description, to: Topology.Names.events, Properties(messageID: "a"))
            try await service.running {
                _ = try await service.waitForFailure("not-the-owner", .failed)
                let redrive = RedriveFailures<VouchersService>(FailureSelection(code: "not-the-owner"))
                #expect(try await client.requester.call(redrive).count == 1)
                try await eventually("it was tried again") { try await service.failures().first?.attempts == 1 }
                #expect(try await service.failures().first?.state == .failed)
                #expect(try await service.effects("merchant") == 0)
            }
        }
    }
}
