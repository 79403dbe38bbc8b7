import Testing

@testable import ServiceKit

@Suite("Values written as text")
struct ValueTextTests {
    @Test(
        "durations are a number and a unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("2m", .seconds(120)), ("1h", .seconds(3_600)),
            ("7d", .seconds(604_800)),
            ("0s", .zero), ("007s", .seconds(7)), ("999999999h", .seconds(3_599_999_996_400)),
        ])
    func durations(_ text: String, _ duration: Duration) {
        #expect(DurationText.duration(text) == duration)
    }

    @Test(
        "what only looks like a duration is none",
        arguments: ["", "s", "5", "5 s", "+5s", "-5s", "5S", "1.5s", "5s5", "٥s", "1000000000s", "5sec", "5s\n"])
    func noDurations(_ text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    @Test("a duration is written with its largest whole unit, and read back")
    func durationsBack() {
        for milliseconds in [1, 250, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000, 604_800_000] {
            let duration = Duration.milliseconds(milliseconds)
            #expect(DurationText.duration(DurationText.text(duration)) == duration)
        }
        #expect(DurationText.text(.seconds(90)) == "90s")
        #expect(DurationText.text(.seconds(86_400)) == "1d")
        #expect(DurationText.text(.zero) == "0ms")
    }

    private static let a = String(repeating: "A", count: 43) + "="
    private static let b = "//////////////////////////////////////////8="

    @Test("one key stands alone, several have ids, and the first is the newest")
    func keys() throws {
        let alone = try #require(Keyring(Self.a))
        #expect(alone.keys.map(\.id) == ["1"])
        let two = try #require(Keyring("2026-11:\(Self.b), 1:\(Self.a)\n"))
        #expect(two.newest.id == "2026-11")
        #expect(two.newest.bytes == Array(repeating: 255, count: 32))
        #expect(two["1"]?.bytes == Array(repeating: 0, count: 32))
        #expect(two["3"] == nil)
        #expect(Keyring("2:\(Self.b)\n1:\(Self.a)")?.keys.count == 2)
    }

    @Test(
        "what only looks like keys is none",
        arguments: [
            "", ",", "AAAA", a + "A", "x:", ":" + a, "1:\(a),1:\(b)", "\(a),\(b)", "1:\(a),\(b)", "a b:\(a)",
            "aaaaaaaaaaaaaaaaa:\(a)", "1:\(a)!",
        ])
    func noKeys(_ text: String) {
        #expect(Keyring(text) == nil)
    }

    @Test(
        "URLs need a known scheme and a host",
        arguments: [
            "", "broker", "amqp:broker", "amqp://", "amqp://:5672/", "http://broker", "amqp://broker:99999",
            "amqp://broker:0", "amqp://a:b#c@broker/x",
        ])
    func noURLs(_ text: String) {
        #expect(ServerURL(text, schemes: ["amqp"]) == nil)
    }

    @Test("names are compared by inserted, removed and changed letters")
    func spelling() {
        #expect(Spelling.differences(Array("kitten".utf8), Array("sitting".utf8)) == 3)
        #expect(Spelling.differences([], Array("abc".utf8)) == 3)
        #expect(Spelling.differences(Array("abc".utf8), []) == 3)
        #expect(Spelling.nearest(to: "AB", among: ["AC", "ABC", "ABCDEFG"]) == "ABC")
        #expect(Spelling.nearest(to: "AB", among: ["ABCDEFG"]) == nil)
    }
}
