import TestKit
import Testing

@testable import AMQP

@Suite("The confirm window")
struct ConfirmWindowTests {
    @Test("settles each message once, oldest first", arguments: 0..<200)
    func agreesWithAModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = ConfirmWindow<UInt64>()
        var (open, sent): ([UInt64], UInt64) = ([], 0)
        for _ in 0..<3000 {
            if Bool.random(using: &generator) || open.isEmpty {
                sent += 1
                window.append(sent)
                open.append(sent)
            } else {
                let tag = open[Int.random(in: 0..<min(open.count, 20), using: &generator)]
                let multiple = Int.random(in: 0..<4, using: &generator) == 0
                let expected = multiple ? open.filter { $0 <= tag } : [tag]
                check(window.settle(tag, multiple: multiple) == expected)
                open.removeAll { expected.contains($0) }
            }
            #expect(window.count == open.count)
            #expect(window.first { _ in true } == open.first)
        }
        check(window.settle(sent, multiple: true) == open)
        #expect(window.span == 0)
    }

    @Test func refusesWhatWasNeverPublished() {
        var window = ConfirmWindow<Int>()
        check(window.settle(1, multiple: false) == nil)
        window.append(7)
        check(window.settle(0, multiple: false) == nil)
        check(window.settle(2, multiple: true) == nil)
        check(window.settle(1, multiple: false) == [7])
        // A confirm that is repeated settles nothing more.
        check(window.settle(1, multiple: false) == [])
    }

    @Test func startsAnewAfterTheChannel() {
        var window = ConfirmWindow<Int>()
        for number in 1...5 { window.append(number) }
        check(window.settle(2, multiple: false) == [2])
        check(window.removeAll() == [1, 3, 4, 5])
        window.append(9)
        check(window.settle(1, multiple: true) == [9])
    }
}
