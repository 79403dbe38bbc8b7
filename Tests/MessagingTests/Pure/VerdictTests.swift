import Contracts
import FoundationEssentials
import Testing

@testable import Messaging
@testable import Postgres

/// What kind of failure decides what happens.
@Suite struct VerdictTests {
    private struct Surprise: Error {}

    private enum Kind { case serverTrouble, conflict, broken, unexplained }

    private func kind(_ error: any Error) -> Kind {
        switch Verdict(error) {
        case .serverTrouble: .serverTrouble
        case .conflict: .conflict
        case .broken: .broken
        case .unexplained: .unexplained
        }
    }

    private func refused(_ sqlState: String, severity: String = "ERROR") -> PostgresError {
        var error = PostgresError(.server, "refused")
        error.sqlState = sqlState
        error.severity = severity
        return error
    }

    @Test(arguments: ["08006", "53300", "57P01", "57P03", "58030"])
    func troubleOfTheServer(sqlState: String) {
        #expect(kind(refused(sqlState)) == .serverTrouble)
    }

    @Test(arguments: ["40001", "40P01", "55P03", "23505", "57014"])
    func somebodyElseWasInTheWay(sqlState: String) {
        #expect(kind(refused(sqlState)) == .conflict)
    }

    @Test(arguments: ["22001", "22021", "23502", "23503", "23514"])
    func theMessageIsTheCulprit(sqlState: String) {
        #expect(kind(refused(sqlState)) == .broken)
    }

    @Test(arguments: ["42P01", "42501", "P0001", "0A000", "25P02"])
    func nobodyKnows(sqlState: String) {
        #expect(kind(refused(sqlState)) == .unexplained)
    }

    @Test func theOtherErrors() {
        #expect(kind(refused("25P03", severity: "FATAL")) == .serverTrouble)
        var inDoubt = refused("40001")
        inDoubt.isCommitInDoubt = true
        #expect(kind(inDoubt) == .serverTrouble)
        for code in [PostgresError.Code.noConnection, .poolWait, .deadlineExceeded] {
            #expect(kind(PostgresError(code, "away")) == .serverTrouble)
        }
        #expect(kind(PostgresError(.decoding, "unreadable")) == .unexplained)
        #expect(kind(CancellationError()) == .serverTrouble)
        #expect(kind(OutboxRelay.Away()) == .serverTrouble)
        #expect(kind(Surprise()) == .unexplained)
        #expect(
            Verdict(Problem("no-such-thing", "No.")) == .broken(code: "no-such-thing", reason: "no-such-thing: No."))
        #expect(Verdict(ContractBroken(reason: "x")) == .broken(code: "contract-broken", reason: "x"))
    }
}

/// Small promises that others build on.
@Suite struct SmallTests {
    @Test func idsGrowWhateverTheClockSays() {
        var last = UUID.version7()
        for _ in 0..<20_000 {
            let next = UUID.version7(at: Date(timeIntervalSinceNow: .random(in: -10...10)))
            #expect(last < next)
            last = next
        }
    }

    @Test(arguments: [("vouchers.redeem.v1", "vouchers.redeem.reply.v1"), ("odd", "odd.reply"), ("", ".reply")])
    func theTypeOfAnAnswer(type: String, reply: String) {
        #expect(Answer.replyType(type) == reply)
    }

    @Test func eventsAreTheirOwnersOnly() {
        let policy = AccessPolicy(administrator: "operator")
        #expect(policy.refusal(of: "cities", sending: CityRegistered.type) == nil)
        for user in ["vouchers", "operator", nil] {
            #expect(policy.refusal(of: user, sending: CityRegistered.type)?.code == "not-the-owner")
        }
        #expect(policy.refusal(of: "till", sending: RedeemVoucher.type) == nil)
    }

    @Test func aChangeBetweenLookingAndWaitingIsNotMissed() async {
        let wakeup = Wakeup()
        let seen = wakeup.count
        wakeup.signal()
        await wakeup.wait(beyond: seen)
        let now = wakeup.count
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await wakeup.wait(beyond: now) } }
            group.addTask { wakeup.signal() }
        }
    }

    @Test func waitingEndsWithTheTask() async {
        let wakeup = Wakeup()
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await wakeup.wait(beyond: 0) } }
            group.cancelAll()
        }
        #expect(wakeup.count == 0)
    }
}
