import Contracts
import TestKit
import Testing

@testable import Messaging

/// The sorting of a take into transactions.
@Suite struct GroupingTests {
    /// A message as the sorting sees it.
    struct Arrival {
        var kind: Int
        var identity: InboxKey?
        var orderingKey: String?
    }

    private func sort(_ arrivals: [Arrival], batchMax: [Int]) -> [(kind: Int, members: [Int])] {
        var grouping = Grouping<Int>()
        for (member, arrival) in arrivals.enumerated() {
            grouping.add(
                member, kind: arrival.kind, identity: arrival.identity, orderingKey: arrival.orderingKey,
                batchMax: batchMax[arrival.kind])
        }
        return grouping.result
    }

    private func arrivals(using generator: inout SeededGenerator) -> [Arrival] {
        let (kinds, ids, keys) = (Int.random(in: 1...3, using: &generator), UInt8(20), 6)
        return (0..<Int.random(in: 0...80, using: &generator)).map { _ in
            Arrival(
                kind: Int.random(in: 0..<kinds, using: &generator),
                identity: Bool.random(using: &generator)
                    ? InboxKey(bytes: [UInt8.random(in: 0..<ids, using: &generator)]) : nil,
                orderingKey: Bool.random(using: &generator) ? "\(Int.random(in: 0..<keys, using: &generator))" : nil)
        }
    }

    @Test func everyPromiseIsKeptForAnyArrivals() {
        var generator = SeededGenerator()
        for _ in 0..<2_000 {
            let arrivals = arrivals(using: &generator)
            let batchMax = (0..<3).map { _ in Int.random(in: 1...8, using: &generator) }
            let groups = sort(arrivals, batchMax: batchMax)
            var place: [Int: Int] = [:]
            for (group, entry) in groups.enumerated() {
                #expect(!entry.members.isEmpty && entry.members.count <= batchMax[entry.kind])
                #expect(entry.members == entry.members.sorted(), "a batch is in the order of arrival")
                for member in entry.members {
                    #expect(place.updateValue(group, forKey: member) == nil, "a message is in one group only")
                    #expect(arrivals[member].kind == entry.kind)
                }
            }
            #expect(place.count == arrivals.count)
            expectOrder(of: arrivals, at: place)
        }
    }

    private func expectOrder(of arrivals: [Arrival], at place: [Int: Int]) {
        for (later, arrival) in arrivals.enumerated() {
            for (earlier, other) in arrivals[..<later].enumerated() {
                guard let first = place[earlier], let second = place[later] else { continue }
                if let key = arrival.orderingKey, key == other.orderingKey {
                    #expect(first <= second, "messages of one key keep their order")
                }
                if let identity = arrival.identity, identity == other.identity {
                    #expect(first < second, "a repeat comes after the first has committed")
                }
            }
        }
    }

    @Test func whatSharesNoKeyFillsItsBatches() {
        let arrivals = (0..<100).map { Arrival(kind: $0 % 2, identity: InboxKey(bytes: [UInt8($0)])) }
        #expect(sort(arrivals, batchMax: [16, 50]).map(\.members.count) == [16, 50, 16, 16, 2])
    }

    @Test func messagesWithoutAnIdAreFiledTogether() {
        #expect(sort(Array(repeating: Arrival(kind: 0), count: 10), batchMax: [64]).count == 1)
    }
}
