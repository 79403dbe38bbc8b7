import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Who is a member, and who was on a day.
@Suite struct MembershipTests {
    private static let days = (0..<12).map { Day(number: 20_000 + $0) }

    @Test func noHistoryIsRewrittenUnlessSomebodySaysThatItIsACorrection() {
        var generator = SeededGenerator(seed: 41)
        var accepted = 0
        for _ in 0..<500 {
            let city = UUID()
            var memberships = Memberships(cities: [city], known: [])
            var known = CityMembership(cityId: city)
            for _ in 0..<15 {
                let command = SetMembership(
                    cityId: city, state: MembershipState.allCases[Int.random(in: 0..<5, using: &generator)],
                    from: Self.days[Int.random(in: 0..<12, using: &generator)],
                    expectedVersion: Bool.random(using: &generator)
                        ? nil : known.version + Int64.random(in: 0...1, using: &generator))
                switch memberships.set(command) {
                case .changed(let membership):
                    accepted += 1
                    #expect(membership.version == known.version + 1 && membership.history.isAllowed)
                    #expect(membership.history.state(on: command.from) == command.state)
                    #expect(command.expectedVersion == nil || command.expectedVersion == known.version)
                    let (before, after) = (known.history, membership.history)
                    let changed = Self.days.filter { before.state(on: $0) != after.state(on: $0) }
                    #expect(changed.allSatisfy { $0 >= command.from })
                    if command.expectedVersion == nil {
                        #expect(before.entries.allSatisfy { $0.from < command.from }, "it is the last entry")
                    }
                    known = membership
                case .repeated(let membership): #expect(membership == known)
                case .refused(let problem):
                    #expect(
                        ["membership-has-later-entry", "membership-transition", "version-differs"]
                            .contains(problem.code))
                }
            }
            #expect(memberships.changes == (known.version == 0 ? [] : [known]))
        }
        #expect(accepted > 1_000)
    }

    @Test func whoWasAMemberOnThatDayHasAnAnswer() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = ["lenart", "ormoz", "ptuj"].map { sampleCity($0) }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            func set(
                _ city: Int, _ state: MembershipState, _ day: Int, expecting version: Int64? = nil
            ) async throws -> HandlerBench.Outcome {
                let command = SetMembership(
                    cityId: cities[city].cityId, state: state, from: Self.days[day], expectedVersion: version)
                return try await bench.run(SetMemberships(), [command])
            }
            _ = try await set(0, .active, 2)
            _ = try await set(1, .candidate, 2)
            let changed = try await set(1, .active, 5)
            let event = try #require(try changed.events(MembershipChanged.self).first)
            #expect(event.sequence == 2 && event.history.entries.map(\.state) == [.candidate, .active])
            #expect(try changed.reply(to: SetMembership.self).history == event.history)
            _ = try await set(0, .left, 8)
            #expect(try await set(0, .suspended, 4).problem()?.code == "membership-has-later-entry")
            #expect(try await set(0, .active, 9).problem()?.code == "membership-transition")
            #expect(try await set(0, .suspended, 4, expecting: 1).problem()?.code == "version-differs")
            #expect(try await set(0, .suspended, 4, expecting: 2).problem() == nil)
            #expect(try await set(0, .suspended, 4).events.isEmpty, "a repeat changes nothing")

            func members(_ day: Int, _ state: MembershipState? = nil) async throws -> [String] {
                var (found, after): ([String], String?) = ([], nil)
                repeat {
                    let query = FindMembers(day: Self.days[day], state: state, limit: 1, after: after)
                    let page = try await bench.ask(FindMembersOnDay(), query)
                    found += page.members.map { "\($0.slug) \($0.state.rawValue) \($0.since.number - 20_000)" }
                    after = page.next
                } while after != nil
                return found
            }
            #expect(try await members(1) == [])
            #expect(try await members(3) == ["lenart active 2", "ormoz candidate 2"])
            #expect(try await members(6) == ["lenart suspended 4", "ormoz active 5"])
            #expect(try await members(6, .active) == ["ormoz active 5"])
            #expect(try await members(11, .left) == ["lenart left 8"])
        }
    }

    @Test func everyMembershipIsSaidAgain() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = ["lenart", "ormoz", "ptuj"].map { sampleCity($0) }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            let commands = cities.dropLast().map {
                SetMembership(cityId: $0.cityId, state: .active, from: Self.days[0])
            }
            let said = try await bench.run(SetMemberships(), commands).events(MembershipChanged.self)
            let pair = CityPair(issuerCityId: cities[2].cityId, acceptingCityId: cities[0].cityId)
            let edge = SetAcceptance(
                issuerCityId: pair.issuerCityId, acceptingCityId: pair.acceptingCityId,
                period: Period(from: Self.days[1]), decision: .allow, expectedVersion: 0)
            _ = try await bench.run(SetAcceptances(), [edge])
            let requests = [Republish.Kind.memberships, .acceptance].map { Republish(requestId: UUID(), kind: $0) }
            let outcome = try await bench.run(RepublishState(), requests)
            #expect(try outcome.reply(0, to: Republish.self).count == 2)
            #expect(try outcome.reply(1, to: Republish.self).count == 1)
            let again = try outcome.events(MembershipChanged.self)
            #expect(again.map(\.history) == said.map(\.history) && again.map(\.cityId).sorted() == again.map(\.cityId))
            #expect(try outcome.events(AcceptanceChanged.self).map(\.pair) == [pair])
            #expect(outcome.events.map(\.sequence) == [1, 1, 1, nil, nil])
        }
    }
}
