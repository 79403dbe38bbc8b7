import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Whose vouchers are taken where: the rule over thousands of histories of three cities.
@Suite struct AcceptanceTests {
    private static let days = (0..<20).map { Day(number: 20_000 + $0) }

    /// Three cities with random histories, one of which may not be known, and random edges.
    private struct World {
        let cities = [UUID(), UUID(), UUID()]
        var histories: [UUID: MembershipHistory] = [:]
        var edges: [CityPair: [AcceptanceEdge]] = [:]

        init(using generator: inout SeededGenerator) {
            for city in cities where Int.random(in: 0..<8, using: &generator) > 0 {
                var history = MembershipHistory()
                for day in days where Int.random(in: 0..<4, using: &generator) == 0 {
                    let followers = MembershipState.followers(of: history.entries.last?.state)
                        .sorted { $0.rawValue < $1.rawValue }
                    history = history.setting(
                        followers[Int.random(in: 0..<followers.count, using: &generator)], from: day)
                }
                histories[city] = history
            }
            let from = Int.random(in: 0..<19, using: &generator)
            let until = Int.random(in: from + 1..<20, using: &generator)
            let edge = AcceptanceEdge(
                period: Period(from: days[from], until: days[until]), allows: .random(using: &generator))
            if Bool.random(using: &generator) {
                edges[CityPair(issuerCityId: cities[0], acceptingCityId: cities[1])] = [edge]
            }
        }

        var rule: AcceptanceRule { AcceptanceRule(active: histories.mapValues(\.active), edges: edges) }

        func edge(_ issuer: UUID, _ acceptor: UUID, _ day: Day) -> AcceptanceEdge? {
            edges[CityPair(issuerCityId: issuer, acceptingCityId: acceptor)]?.first { $0.period.contains(day) }
        }

        func areMembers(_ one: UUID, _ other: UUID, _ day: Day) -> Bool {
            [one, other].allSatisfy { histories[$0]?.state(on: day) == .active }
        }
    }

    @Test func theSentencesOfTheRuleHold() {
        var generator = SeededGenerator(seed: 23)
        var seen: Set<AcceptanceRule.Answer> = []
        for _ in 0..<1_000 {
            let world = World(using: &generator)
            let rule = world.rule
            for _ in 0..<20 {
                let issuer = world.cities[Int.random(in: 0..<3, using: &generator)]
                let acceptor = world.cities[Int.random(in: 0..<3, using: &generator)]
                let day = Int.random(in: 0..<20, using: &generator)
                let issued = Self.days[Int.random(in: 0...day, using: &generator)]
                let answer = rule.accepts(issuer: issuer, acceptor: acceptor, issued: issued, on: Self.days[day])
                seen.insert(answer)
                check(world, issuer, acceptor, issued, Self.days[day], answer)
            }
        }
        #expect(seen == Set(AcceptanceRule.Answer.allCases), "every case was met")
    }

    private func check(
        _ world: World, _ issuer: UUID, _ acceptor: UUID, _ issued: Day, _ day: Day, _ answer: AcceptanceRule.Answer
    ) {
        let isEdged = world.edge(issuer, acceptor, day) != nil
        if issuer == acceptor {
            #expect(answer == .own)
        } else if let edge = world.edge(issuer, acceptor, day) {
            #expect(answer.isAcceptance == edge.allows)
        } else if world.areMembers(issuer, acceptor, day) {
            #expect(answer == .members)
        } else if world.areMembers(issuer, acceptor, issued) {
            #expect(answer == .duty, "leaving does not end the duty to redeem")
        } else {
            #expect(!answer.isAcceptance, "nobody takes what was never issued among members")
            let areKnown = world.histories[issuer] != nil && world.histories[acceptor] != nil
            #expect((answer == .unknown) == !areKnown, "fail closed, and say that it may change")
        }
        // Without edges the rule is even-handed.
        if !isEdged, issuer != acceptor, world.edge(acceptor, issuer, day) == nil {
            #expect(world.rule.accepts(issuer: acceptor, acceptor: issuer, issued: issued, on: day) == answer)
        }
    }

    @Test func whatWasTakenOnceIsTakenEverAfterUnlessAnEdgeSaysOtherwise() {
        // A holder never loses a place to spend a voucher because a city leaves or is suspended.
        var generator = SeededGenerator(seed: 24)
        for _ in 0..<1_000 {
            var world = World(using: &generator)
            world.edges = [:]
            let (issuer, acceptor) = (world.cities[0], world.cities[1])
            let start = Int.random(in: 0..<20, using: &generator)
            let issued = Self.days[start]
            guard world.rule.accepts(issuer: issuer, acceptor: acceptor, issued: issued, on: issued).isAcceptance
            else { continue }
            for day in Self.days[start...] {
                #expect(
                    world.rule.accepts(issuer: issuer, acceptor: acceptor, issued: issued, on: day).isAcceptance)
            }
        }
    }
}
