import TestKit
import Testing

@testable import AMQP

@Suite("The settled prefix")
struct SettledPrefixTests {
    /// A broker's side of the channel: what it holds, and its rules.
    private struct Broker {
        var held: Set<UInt64> = []
        var acknowledged: Set<UInt64> = []

        mutating func take(_ frame: SettledPrefix.Acknowledgement) {
            // RabbitMQ answers an unknown tag with 406, also when the acknowledgement is of several.
            #expect(held.contains(frame.tag), "tag \(frame.tag) is not outstanding")
            let settled = frame.multiple ? held.filter { $0 <= frame.tag } : [frame.tag]
            held.subtract(settled)
            acknowledged.formUnion(settled)
        }
    }

    @Test("tells exactly what was acknowledged, whatever the order", arguments: 0..<300)
    func agreesWithTheBroker(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (prefix, broker) = (SettledPrefix(), Broker())
        var (acknowledged, open): (Set<UInt64>, [UInt64]) = ([], [])
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let tag = prefix.deliveredThrough + 1
                check(prefix.deliver(tag))
                broker.held.insert(tag)
                open.append(tag)
            case 4..<7 where !open.isEmpty:
                let tag = open.remove(at: Int.random(in: 0..<min(open.count, 8), using: &generator))
                check(prefix.acknowledge(tag))
                acknowledged.insert(tag)
            case 7 where !open.isEmpty:
                let tag = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                check(prefix.settleSingly(tag))
                check(broker.held.remove(tag) != nil)
            case 8:
                if let frame = prefix.takePrefix() { broker.take(frame) }
            case 9:
                for frame in prefix.takeAll() { broker.take(frame) }
                #expect(broker.acknowledged == acknowledged)
            default: break
            }
            #expect(broker.acknowledged.isSubset(of: acknowledged))
            #expect(prefix.outstandingCount == open.count)
            #expect(prefix.heldCount == acknowledged.count - broker.acknowledged.count)
        }
        for frame in prefix.takeAll() { broker.take(frame) }
        #expect(broker.acknowledged == acknowledged)
        #expect(broker.held == Set(open))
    }

    @Test func acknowledgesAWholeBatchInOneFrame() {
        var prefix = SettledPrefix()
        for tag in 1...256 { check(prefix.deliver(UInt64(tag))) }
        for tag in (1...256).reversed() { check(prefix.acknowledge(UInt64(tag))) }
        check(prefix.takePrefix() == SettledPrefix.Acknowledgement(tag: 256, multiple: true))
        check(prefix.takePrefix() == nil)
    }

    @Test func namesTheLastAcknowledgedAndNotTheRejectedAfterIt() {
        var prefix = SettledPrefix()
        for tag: UInt64 in 1...3 { check(prefix.deliver(tag)) }
        check(prefix.acknowledge(1) && prefix.acknowledge(2) && prefix.settleSingly(3))
        check(prefix.takePrefix() == SettledPrefix.Acknowledgement(tag: 2, multiple: true))
        #expect(prefix.settledThrough == 3)
    }

    @Test func refusesWhatIsUnknownOrSettled() {
        var prefix = SettledPrefix()
        check(!prefix.acknowledge(1) && !prefix.acknowledge(0))
        check(!prefix.deliver(2))
        check(prefix.deliver(1) && prefix.acknowledge(1))
        check(!prefix.acknowledge(1) && !prefix.settleSingly(1))
    }
}
