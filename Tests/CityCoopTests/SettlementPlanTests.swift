import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

/// Which runs the story closes and prepares, and how it reads a file for a bank.
struct SettlementPlanTests {
    private static let minute: Int64 = 60_000
    private let day = Day(number: 20_000)

    private func at(_ minutes: Int64) -> Timestamp {
        Timestamp(milliseconds: Int64(day.number) * 1_440 * Self.minute + minutes * Self.minute)
    }

    private func run(_ state: SettlementState, until: Day, isOwn: Bool = true) -> SettlementRun {
        SettlementRun(
            runId: isOwn ? SettlementPlan.newRunId() : UUID(),
            period: Period(from: until.advanced(by: -1), until: until),
            state: state)
    }

    @Test func theFirstRunTakesInAllUpToToday() throws {
        let next = try #require(SettlementPlan.next(after: nil, at: at(700)))
        #expect(next.period == Period(from: Cast.firstDay, until: day.advanced(by: 1)))
        try next.validate()
        #expect(SettlementPlan.newRunId() != SettlementPlan.newRunId())
    }

    @Test func theRunOfTodayIsPreparedAgain() {
        for state in [SettlementState.preparing, .prepared] {
            let open = run(state, until: day.advanced(by: 1))
            #expect(!SettlementPlan.isToBeClosed(open, at: at(1_439)))
            #expect(SettlementPlan.next(after: open, at: at(1_439))?.runId == open.runId)
            #expect(SettlementPlan.next(after: open, at: at(1_439))?.period == open.period)
        }
    }

    @Test func aRunIsClosedAQuarterOfAnHourAfterItsEnd() {
        for state in SettlementState.allCases where state != .closed {
            #expect(!SettlementPlan.isToBeClosed(run(state, until: day), at: at(14)))
            #expect(SettlementPlan.isToBeClosed(run(state, until: day), at: at(15)))
        }
        #expect(!SettlementPlan.isToBeClosed(run(.closed, until: day), at: at(15)))
        #expect(!SettlementPlan.isToBeClosed(run(.prepared, until: day, isOwn: false), at: at(15)))
    }

    @Test func nextRunsLeaveNoGapAndNoneHasNoDay() {
        for days in 0...5 {
            let closed = run(.closed, until: day.advanced(by: -days))
            let next = SettlementPlan.next(after: closed, at: at(20))
            #expect(next?.period == Period(from: day.advanced(by: -days), until: day.advanced(by: 1)))
            #expect(next?.runId != closed.runId)
        }
        #expect(SettlementPlan.next(after: run(.closed, until: day.advanced(by: 1)), at: at(20)) == nil)
    }

    @Test func anotherOnesRunsAreLeftAlone() {
        for state in SettlementState.allCases {
            #expect(SettlementPlan.next(after: run(state, until: day, isOwn: false), at: at(20)) == nil)
        }
    }

    @Test func aPaymentFileSaysItsSum() throws {
        func file(_ xml: String, sha256: String? = nil) -> GetPaymentFile.Reply {
            GetPaymentFile.Reply(
                name: "weiz.xml", content: Secret(xml), sha256: sha256 ?? xml.utf8.sha256, payouts: 2, sum: 6_345,
                part: 1,
                parts: 1)
        }
        let xml = "<a><NbOfTxs>2</NbOfTxs><CtrlSum>63.45</CtrlSum><CtrlSum>1.00</CtrlSum></a>"
        let control = try PaymentFileControl(file(xml))
        #expect(control.sum == 6_345 && control.payments == 2)
        for wrong in ["", "<CtrlSum>63.45", "<NbOfTxs>2</NbOfTxs><CtrlSum>63.4</CtrlSum>", "<CtrlSum></CtrlSum>"] {
            #expect(throws: CommandFailure.self, "\(wrong)") { try PaymentFileControl(file(wrong)) }
        }
        #expect(throws: CommandFailure.self) { try PaymentFileControl(file(xml, sha256: "00")) }
        #expect("abc".utf8.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
