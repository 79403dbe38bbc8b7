import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// How deep JSON nests, against a model that knows because it made the JSON.
@Suite struct JSONNestingTests {
    private func json(_ depth: Int, _ generator: inout SeededGenerator) -> (text: String, depth: Int) {
        let strings = [#""[[[""#, #""\"{{""#, #""\\""#, #""]}""#, #""\\\"[""#]
        guard depth > 0, Int.random(in: 0..<5, using: &generator) > 0 else {
            return (strings.randomElement(using: &generator) ?? "1", 0)
        }
        let parts = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in json(depth - 1, &generator) }
        let inner = parts.map(\.depth).max() ?? 0
        if Bool.random(using: &generator) {
            return ("[" + parts.map(\.text).joined(separator: ",") + "]", inner + 1)
        }
        let members = parts.enumerated().map { #""[\#($0.offset)":\#($0.element.text)"# }
        return ("{" + members.joined(separator: ",") + "}", inner + 1)
    }

    @Test func theDepthIsThatOfTheModel() throws {
        var generator = SeededGenerator()
        for _ in 0..<2_000 {
            let made = json(6, &generator)
            for limit in 0...7 {
                #expect(JSONNesting.isWithin(limit, Array(made.text.utf8)) == (made.depth <= limit), "\(made.text)")
            }
        }
    }

    @Test func encodingsInWhichBracketsCouldHideAreRefused() {
        let text = #"{"∀":"#
        #expect(!JSONNesting.isWithin(32, text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }))
        #expect(
            !JSONNesting.isWithin(
                32, text.unicodeScalars.flatMap { [0, 0, UInt8($0.value >> 8 & 255), UInt8($0.value & 255)] }))
    }

    @Test func whatEndsTooOftenIsNoRoomForMore() {
        #expect(!JSONNesting.isWithin(2, Array("]]]][[[".utf8)))
    }
}

/// Bodies, and what is said about those that cannot be read.
@Suite struct BodyCoderTests {
    private let coder = BodyCoder(limits: MessagingLimits())
    private let sound =
        #"{"issueId":"018f0000-0000-7000-8000-000000000000","issuerCityId":"018f0000-0000-7000-8000-000000000001","value":{"amount":1000,"currency":"EUR"}}"#

    private func read(_ text: String, _ mode: Envelope.Mode = .binary) throws -> IssueVoucher {
        try coder.message(IssueVoucher.self, from: Array(text.utf8), mode: mode)
    }

    @Test func structuredModeHoldsTheMessageInPlainOrInBase64() throws {
        let plain = try read(sound)
        #expect(try read(#"{"data":\#(sound)}"#, .structured).issueId == plain.issueId)
        let base64 = Data(sound.utf8).base64EncodedString()
        #expect(try read(#"{"data_base64":"\#(base64)"}"#, .structured).issueId == plain.issueId)
    }

    @Test(arguments: [
        ("{}", Envelope.Mode.binary, "\"issueId\" is missing."), ("{", .binary, "the body cannot be read."),
        (#"{"data":null}"#, .structured, "The event has no data."),
        (#"{"issueId":7}"#, .binary, "\"issueId\" is not of type"),
    ])
    func theReasonNamesThePlaceAndNotTheValue(body: String, mode: Envelope.Mode, reason: String) {
        let error = #expect(throws: ContractBroken.self) { try read(body, mode) }
        #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
    }

    @Test func nestingHiddenInBase64IsFound() {
        let deep = Data(String(repeating: "[", count: 100).utf8).base64EncodedString()
        #expect(throws: ContractBroken.self) { try read(#"{"data_base64":"\#(deep)"}"#, .structured) }
    }

    @Test func aSecretIsNoticed() throws {
        let redeem = RedeemVoucher(redemptionId: UUID(), code: Secret("x"), merchantId: UUID(), amount: Money(1, "EUR"))
        #expect(try coder.body(of: redeem).hasSecret)
        #expect(try !coder.body(of: try read(sound)).hasSecret)
    }

    @Test func aReasonWithAZeroCharacterCanBeStored() {
        #expect("a\0b".storable(bytesMax: 500) == "ab")
        #expect(String(repeating: "é", count: 400).storable(bytesMax: 500).utf8.count <= 500)
        #expect("as it is".storable(bytesMax: 500) == "as it is")
    }
}
