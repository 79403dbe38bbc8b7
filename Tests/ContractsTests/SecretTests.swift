import Contracts
import FoundationEssentials
import TestKit
import Testing

/// A secret shows in no log, no dump and no stored body; an event holds none at all.
@Suite struct SecretTests {
    private struct Nested: Codable {
        var list: [Secret]
        var map: [String: Secret]
        var optional: Secret?
        var deeper: [IssueVoucher.Reply]
    }

    private func samples() -> [(secret: String, value: Nested)] {
        var generator = SeededGenerator(seed: 31)
        let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ\"\\/\u{7}äž漢")
        return (0..<200).map { _ in
            let text = "S" + String((0..<16).compactMap { _ in letters.randomElement(using: &generator) })
            let secret = Secret(text)
            let reply = IssueVoucher.Reply(voucherId: UUID(), code: secret, value: Money(100, "EUR"))
            return (
                text,
                Nested(list: [secret, secret], map: ["code": secret], optional: secret, deeper: [reply])
            )
        }
    }

    @Test func nothingThatPrintsShowsIt() {
        for (secret, value) in samples() {
            let command = RedeemVoucher(
                redemptionId: UUID(), code: Secret(secret), merchantId: UUID(), amount: Money(1, "EUR"))
            var dumped = ""
            dump(value, to: &dumped)
            dump(command, to: &dumped)
            dump(Secret(secret), to: &dumped)
            let printed = [
                dumped, "\(value)", "\(command)", String(describing: Secret(secret)), String(reflecting: value),
                String(reflecting: command), String(reflecting: Secret(secret)), "\(Optional(Secret(secret)) as Any)",
                "\(GetBalance(code: Secret(secret)))", "\(Mirror(reflecting: Secret(secret)).children.map { $0 })",
            ]
            #expect(printed.allSatisfy { !$0.contains(secret) })
            #expect(printed.dropLast().allSatisfy { $0.contains(Secret.mask) })
        }
    }

    @Test func aMaskingEncoderWritesNone() throws {
        let witness = SecretWitness(masks: true)
        let encoder = JSONEncoder()
        encoder.userInfo[SecretWitness.key] = witness
        for (secret, value) in samples() {
            let masked = try JSONDecoder().decode(Nested.self, from: encoder.encode(value))
            #expect(witness.takeSawSecret())
            let texts =
                masked.list + masked.map.values + [masked.optional].compactMap(\.self) + masked.deeper.map(\.code)
            #expect(texts.count == 5)
            #expect(texts.allSatisfy { $0.revealed == Secret.mask && $0.revealed != secret })
        }
    }

    @Test func withoutMaskingItIsAPlainString() throws {
        let witness = SecretWitness()
        let encoder = JSONEncoder()
        encoder.userInfo[SecretWitness.key] = witness
        for (secret, value) in samples() {
            let back = try JSONDecoder().decode(Nested.self, from: encoder.encode(value))
            #expect(back.list == [Secret(secret), Secret(secret)])
            #expect(witness.takeSawSecret())
            #expect(!witness.takeSawSecret(), "asking once clears it")
        }
    }

    @Test func aMistakeInAMessageDoesNotQuoteIt() {
        // The field before the secret is right, the one behind it is wrong.
        let body = #"{"redemptionId":"01939c5e-8f00-7000-8000-0000000000d3","code":"7ZK490XM2QBAW3T8","merchantId":7}"#
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(RedeemVoucher.self, from: Data(body.utf8))
        }
        #expect(error.map { !"\($0)".contains("7ZK490XM2QBAW3T8") } == true)
    }

    private static let events = ServiceName.allCases.flatMap(Catalogue.events).map {
        WireType(name: $0.type.description, type: $0)
    }

    @Test(arguments: events)
    func noEventHoldsOne(wire: WireType) throws {
        #expect(try !holdsSecret(wire), "an event may reach any subscriber")
    }

    @Test func theWitnessKnowsTheMessagesThatHoldOne() throws {
        let secretive = try WireType.all.filter(holdsSecret).map(\.name)
        // Named one by one: whoever adds a secret to a message decides it here as well.
        let codes = [
            "vouchers.issue.reply.v1", "vouchers.exchange.reply.v1", "vouchers.replace.reply.v1", "vouchers.redeem.v1",
            "vouchers.hold.v1", "vouchers.exchange.v1", "vouchers.activate-stock.v1", "vouchers.get-balance.v1",
        ]
        // Of the files that codes leave in.
        let passwords = ["vouchers.reprint-codes.v1"]
        let persons =
            ServiceName.allCases.map { "\($0.rawValue).export-person.reply.v1" }
            + ["cities.answer-privacy-request.v1", "cities.get-privacy-request.reply.v1"]
        let accounts = [
            "cities.register-merchant.v1", "cities.revise-merchant.v1", "cities.import-merchants.v1",
            "cities.get-merchant-account.reply.v1", "vouchers.take-merchant-accounts.v1",
            "vouchers.set-settlement-account.v1", "vouchers.get-payment-file.reply.v1",
        ]
        // Failed messages, which may hold any of these.
        let failures = ServiceName.allCases.flatMap {
            ["\($0.rawValue).edit-failure.v1", "\($0.rawValue).reveal-failure.reply.v1"]
        }
        #expect(Set(secretive) == Set(codes + passwords + persons + accounts + failures))
    }

    private func holdsSecret(_ wire: WireType) throws -> Bool {
        try encodeWatched(wire.type, JSON(text: Golden.text(wire.name)))
    }

    /// Encodes the golden value and asks the witness; every property is in the file, so none is overlooked.
    private func encodeWatched<Value: Codable & Sendable>(_ type: Value.Type, _ golden: JSON) throws -> Bool {
        let witness = SecretWitness()
        let encoder = JSONEncoder()
        encoder.userInfo[SecretWitness.key] = witness
        _ = try encoder.encode(try golden.decoded(as: type))
        return witness.takeSawSecret()
    }
}
