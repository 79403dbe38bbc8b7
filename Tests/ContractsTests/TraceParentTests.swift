import Contracts
import TestKit
import Testing

/// The header of W3C's Trace Context.
@Suite struct TraceParentTests {
    private static let sample = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func theExampleOfTheStandardIsRead() throws {
        let parent = try #require(TraceParent(Self.sample))
        #expect("\(parent.traceID)" == "0af7651916cd43dd8448eb211c80319c")
        #expect(TraceParent.text(ofSpan: parent.spanID) == "b7ad6b7169203331")
        #expect(parent.isSampled && "\(parent)" == Self.sample)
        #expect(TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")?.isSampled == false)
        // Of the flags of others only the one that we know counts.
        #expect(TraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe")?.isSampled == false)
        #expect(TraceParent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more")?.description == Self.sample)
    }

    @Test(arguments: [
        "", "00", "00-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "ff" + sample.dropFirst(2),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        sample.uppercased(), sample + "-", sample + "x", "cc" + sample.dropFirst(2) + "x", " " + sample,
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319ć-b7ad6b7169203331-01",
    ])
    func whatIsNoHeaderIsNone(_ text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func whatIsWrittenIsReadAndChangedBytesNeverTrap(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let parent = TraceParent(
            traceID: .random(using: &generator), spanID: .random(in: 1 ... .max, using: &generator),
            isSampled: .random(using: &generator))
        let text = "\(parent)"
        #expect(TraceParent(text) == parent && text.utf8.count == 55)
        var bytes = Array(text.utf8)
        for _ in 0..<20 {
            bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            if let changed = TraceParent(String(decoding: bytes, as: UTF8.self)) {
                #expect(changed.spanID != 0)
            }
        }
    }
}
