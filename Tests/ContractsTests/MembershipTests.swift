import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Effective dating of membership, against a table of days.
@Suite struct MembershipTests {
    private static let days = (0..<30).map { Day(number: 20_000 + $0) }

    /// What each day holds.
    private func table(_ history: MembershipHistory) -> [MembershipState?] {
        Self.days.map { history.state(on: $0) }
    }

    @Test func everyDayHasExactlyWhatWasSetLastForItUpToTheNextEntry() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            var history = MembershipHistory()
            for _ in 0..<12 {
                let (day, state) = (
                    Self.days[Int.random(in: 0..<30, using: &generator)],
                    MembershipState.allCases[Int.random(in: 0..<5, using: &generator)]
                )
                var expected = table(history)
                let next = history.entries.first { $0.from > day }?.from
                for (index, other) in Self.days.enumerated() where Period(from: day, until: next).contains(other) {
                    expected[index] = state
                }
                history = history.setting(state, from: day)
                #expect(table(history) == expected)
                #expect(history.setting(state, from: day) == history, "said twice is said once")
            }
            let (days, states) = (history.entries.map(\.from), history.entries.map(\.state))
            #expect(days == Set(days).sorted())
            #expect(zip(states, states.dropFirst()).allSatisfy { $0 != $1 })
            #expect(history.state(on: Day(number: 19_999)) == nil)
            let active = Self.days.filter { day in history.active.contains { $0.contains(day) } }
            #expect(active == Self.days.filter { history.state(on: $0) == .active })
            #expect(MembershipHistory(history.entries.shuffled(using: &generator)) == history)
        }
    }

    @Test func aHistoryIsAllowedIfEachEntryMayFollowTheOneBefore() {
        func isAllowed(_ states: MembershipState...) -> Bool {
            MembershipHistory(zip(Self.days, states).map { MembershipEntry(from: $0, state: $1) }).isAllowed
        }
        #expect(
            isAllowed() && isAllowed(.active) && isAllowed(.applied, .candidate, .active, .suspended, .active, .left))
        #expect(isAllowed(.active, .left, .applied, .left) && isAllowed(.candidate, .left))
        #expect(!isAllowed(.suspended) && !isAllowed(.left) && !isAllowed(.active, .left, .active))
        #expect(!isAllowed(.candidate, .suspended) && !isAllowed(.active, .applied) && !isAllowed(.active, .candidate))
        for state in MembershipState.allCases {
            let reached = Set([nil] + MembershipState.allCases).contains {
                MembershipState.followers(of: $0).contains(state)
            }
            #expect(reached, "\(state) can be reached")
            #expect(!MembershipState.followers(of: state).contains(state))
        }
    }

    @Test func aHistoryFromTheWireIsBroughtIntoOrder() throws {
        let text = """
            [{"from":"2025-01-01","state":"left"},{"from":"2024-01-01","state":"active"},
            {"from":"2024-06-01","state":"active"}]
            """
        let history = try JSONDecoder().decode(MembershipHistory.self, from: Data(text.utf8))
        #expect(history.entries.map(\.state) == [.active, .left])
        #expect(history.active == [Period(from: history.entries[0].from, until: history.entries[1].from)])
    }
}
