import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

/// One run from the opening of the shop to the audit.
struct FaultStory {
    let system: System
    let seed: UInt64
    let plan: [Fault]
    /// At least so many messages are sent.
    let commands: Int
    let perSecond: Int
    /// Whether the broker may give messages up, so that they have to be redriven.
    let mayDeadLetter: Bool

    private static let merchantCount = 4
    private static let services: [ServiceName] = [.vouchers, .cities]
    /// What is ordered before each of the first faults: some chunks of vouchers, so many of each value.
    private static let order: [Int64: Int] = [1_000: 1_300, 2_500: 700]
    private static let orders = 3

    func tell(_ generator: inout SeededGenerator) async throws {
        let run = try FaultRun(system, merchants: Self.merchantCount)
        let log = try await EventLog.open(system)
        let plan = plan
        let pauses = plan.map { _ in Int.random(in: 100...2_000, using: &generator) }
        try await run.proxy.whileListening {
            do {
                try await run.start()
                let shop = try await openShop()
                let till = Till(system, shop: shop, seed: seed)
                let reading = Task { await log.run() }
                let selling = Task { await till.run() }
                try await Client.with(system) { client in
                    let desk = Desk(client, shop: shop, seed: seed)
                    try await wreak(plan, pauses, run, Load(till: till, desk: desk), log)
                }
                await till.close()
                await log.close()
                await selling.value
                await reading.value
            } catch {
                await run.abandon()
                throw error
            }
        }
    }

    /// Who sends commands.
    private struct Load: Sendable {
        let till: Till
        let desk: Desk
    }

    private func openShop() async throws -> Shop {
        // What all tills want is more than there is: some redemptions are refused.
        let wanted = commands * 100
        let values = [Int64(min(wanted / 4, 1_000_000))] + (0..<60).map { _ in Int64(wanted / 90) }
        return try await Client.with(system) { client in
            try await Shop.open(client, merchants: Self.merchantCount, values: values)
        }
    }

    /// The load, the faults, the recovery, the audit.
    private func wreak(
        _ plan: [Fault], _ pauses: [Int], _ run: FaultRun, _ load: Load, _ log: EventLog
    ) async throws {
        let start = ContinuousClock.now
        let (till, desk) = (load.till, load.desk)
        try await desk.fillShelf { try await run.age($0) }
        let sale = Task { try await till.sell(perSecond: perSecond) }
        let service = Task { try await desk.serve() }
        let wipes: [ClosedRange<Date>]
        do {
            wipes = try await commit(plan, pauses, run, load, since: start)
            sale.cancel()
            service.cancel()
            try await sale.value
            tell("\(start.elapsed) the tills close: \(await till.confirmedCount) confirmed")
            try await service.value
            try await desk.ordered()
            tell("\(start.elapsed) the desk closes")
        } catch {
            sale.cancel()
            service.cancel()
            await desk.close()
            throw error
        }
        try await recover(run, till)
        try await settle(run, till, log, wipes)
        try await judgeDesk(desk, till, log)
        try await judgeLedger()
        try await judgeFailures(run)
        try await stop(run)
        tell("\(start.elapsed) done")
    }

    /// Lets one fault happen after the other, each after its share of the commands; orders are placed before the first ones.
    ///
    /// - Returns: When merchants were unknown.
    private func commit(
        _ plan: [Fault], _ pauses: [Int], _ run: FaultRun, _ load: Load, since start: ContinuousClock.Instant
    ) async throws -> [ClosedRange<Date>] {
        let (till, desk) = (load.till, load.desk)
        let programmeId = try await desk.setProgramme(for: Self.order.keys.sorted())
        var wipes: [ClosedRange<Date>] = []
        for (number, fault) in plan.enumerated() {
            let share = commands * (number + 1) / (plan.count + 1)
            try await eventually(within: .seconds(240), "\(share) confirmed messages before fault \(number + 1)") {
                for instance in run.instances { try instance.requireRunning() }
                return await till.confirmedCount >= share
            }
            if number < Self.orders { await desk.order(under: programmeId, Self.order) }
            await desk.printCodes(number)
            try await Task.sleep(for: .milliseconds(pauses[number]))
            tell("\(start.elapsed) \(await till.confirmedCount) confirmed; \(number + 1): \(fault)")
            if let wipe = try await run.commit(fault) { wipes.append(wipe) }
        }
        try await eventually(within: .seconds(240), "\(commands) confirmed messages") {
            await till.confirmedCount >= commands
        }
        return wipes
    }

    /// Everything comes back by itself, and every command gets its outcome.
    private func recover(_ run: FaultRun, _ till: Till) async throws {
        for instance in run.instances {
            let duration = try await instance.waitUntilReady(within: .seconds(90))
            tell("\(instance.label) is ready after \(duration.rounded)")
        }
        try await redriveDeadLetters(run)
        var rest = ""
        do {
            try await eventually(within: .seconds(120), "the end of all work") {
                rest = try await remainingWork(run)
                return rest.isEmpty
            }
        } catch let error as NotInTime {
            throw NotDone(description: "\(error): \(rest)")
        }
    }

    /// Work is left after the time for it.
    private struct NotDone: Error, CustomStringConvertible {
        let description: String
    }

    /// What is still to be done: in the queues, in the outbox, in the schedule, among the failures.
    private func remainingWork(_ run: FaultRun) async throws -> String {
        let waiting = try await system.waitingMessages(for: Self.services)
        if !waiting.isEmpty { return "\(waiting)" }
        return try await run.onDatabase { connection in
            let (failures, runtime) = try await connection.execute(AuditFailures(), AuditRuntime())
            let open = failures.filter(\.isOpen)
            guard let runtime = runtime.first, runtime == AuditRuntime.Row(), open.isEmpty else {
                return "\(runtime), \(open.count) failures: \(open.prefix(5))"
            }
            return ""
        }
    }

    /// What the broker gave up is in the list of failures; an operator has it tried again.
    private func redriveDeadLetters(_ run: FaultRun) async throws {
        guard mayDeadLetter else { return }
        try await Client.with(system) { client in
            let touched = try await client.call(
                RedriveFailures<VouchersService>(FailureSelection(code: "dead-lettered"), reason: "system test"))
            tell("\(touched.count) dead letters are tried again")
        }
    }

    /// Tills ask again, then everything is compared.
    private func settle(_ run: FaultRun, _ till: Till, _ log: EventLog, _ wipes: [ClosedRange<Date>]) async throws {
        // Messages that an instance holds count in no queue's length, and one whose connection for answers was cut silently
        // goes on only when two heartbeats have been missed.
        try await eventually(within: .seconds(120), "an outcome of every confirmed command") {
            try await Audit.take(system, till, log, wipes: wipes).withoutOutcome.isEmpty
        }
        var early = try await Audit.take(system, till, log, wipes: wipes).waitingForMerchants
        tell("\(early.count) redemptions were refused only because the merchants were wiped")
        if wipes.isEmpty { #expect(early.isEmpty, "CITYCOOP_TEST_SEED=\(seed)") }
        if !early.isEmpty { await till.askAnew(for: early) }
        let repeated = await till.askAgain(until: 2)
        tell("\(repeated) messages are sent again for their answer")
        try await eventually(within: .seconds(120), "the second answer to all \(repeated) repeated messages") {
            await till.unanswered(1) == 0
        }
        try await eventually(within: .seconds(60), "every event to arrive") {
            let audit = try await Audit.take(system, till, log, wipes: wipes)
            return audit.redeemed.count >= audit.redemptions.count
                && audit.refusals.keys.allSatisfy { audit.refused[$0] != nil }
        }
        let audit = try await Audit.take(system, till, log, wipes: wipes)
        tell(audit.counts)
        early = audit.waitingForMerchants
        #expect(early.isEmpty, "CITYCOOP_TEST_SEED=\(seed)")
        let faults = audit.faults
        #expect(faults.isEmpty, "CITYCOOP_TEST_SEED=\(seed): \(faults.count) faults: \(faults.prefix(20))")
        let contradictions = await log.contradictions
        #expect(contradictions.isEmpty, "CITYCOOP_TEST_SEED=\(seed)")
    }

    /// Every command of the desk has its outcome; what takes its time, as the vouchers of orders do, may still be on its way.
    private func judgeDesk(_ desk: Desk, _ till: Till, _ log: EventLog) async throws {
        var audit = try await DeskAudit.take(system, desk, till, log)
        try? await eventually(within: .seconds(60), "all that the desk asked for") {
            audit = try await DeskAudit.take(system, desk, till, log)
            return audit.faults.isEmpty
        }
        tell(audit.counts)
        let faults = audit.faults
        #expect(faults.isEmpty, "CITYCOOP_TEST_SEED=\(seed): \(faults.count) faults: \(faults.prefix(20))")
    }

    /// The operator's tool finds every balance and rule of the ledger as it must be.
    private func judgeLedger() async throws {
        let result = try await Program.run(
            "\(system.programs)/citycoop", ["ledger", "verify"], environment: system.operatorEnvironment)
        tell(result.output)
        #expect(result.status == 0, "CITYCOOP_TEST_SEED=\(seed): \(result.output)")
    }

    /// Messages were parked because others were in the way, or given up by a broker with a low limit; nothing else.
    private func judgeFailures(_ run: FaultRun) async throws {
        let failures = try await run.onDatabase { try await $0.execute(AuditFailures()) }
        tell("failures, all mended: \(Dictionary(grouping: failures, by: \.code).mapValues(\.count))")
        let expected: Set = mayDeadLetter ? ["conflict", "dead-lettered"] : ["conflict"]
        let others = failures.filter { $0.isOpen || !expected.contains($0.code) }
        #expect(others.isEmpty, "CITYCOOP_TEST_SEED=\(seed)")
    }

    /// A stop loses nothing and leaves nothing.
    private func stop(_ run: FaultRun) async throws {
        for instance in run.instances {
            let megabytes = instance.residentMegabytes
            let (status, duration) = try await instance.stop()
            tell("\(instance.label) had \(megabytes ?? 0) MB, stopped after \(duration.rounded)")
            #expect(status == 0, "\(instance.label): \(instance.lastLines)")
        }
        #expect(try await system.waitingMessages(for: Self.services) == [:])
        try await eventually(within: .seconds(20), "every session and its locks to be gone") {
            try await run.onDatabase { connection in
                let sessions = try await connection.execute(AuditSessions()).first
                return sessions?.locks == 0 && sessions?.sessions == 0
            }
        }
        let rest = try await run.onDatabase { try await $0.execute(AuditRuntime()).first }
        #expect(rest == AuditRuntime.Row())
    }

    private func tell(_ text: String) {
        print("  \(text)")
    }
}

extension ContinuousClock.Instant {
    /// The time since, for people.
    var elapsed: String { "[\((ContinuousClock.now - self).rounded)]" }
}

extension Duration {
    /// Seconds with one decimal.
    var rounded: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
