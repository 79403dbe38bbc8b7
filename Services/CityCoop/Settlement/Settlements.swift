import Contracts
import Crypto
import FoundationEssentials
import Messaging

/// What the operator does with runs: each act goes on until it is done.
struct Settlements: Sendable {
    /// Payments that are confirmed with one message.
    private static let confirmedMax = ConfirmPayouts.payoutsMax

    let stage: Stage

    /// Asks once: a refusal is told at once, also one that may pass.
    func ask<R: Request>(_ request: R) async throws -> R.Reply {
        try await Progress.during("waiting for the answer to \(R.type)") {
            try await stage.requester.call(request, within: stage.limit)
        }
    }

    // MARK: Which run

    /// The run with the latest days.
    func latest() async throws -> SettlementRun? {
        try await ask(FindSettlements(limit: 1)).settlements.first
    }

    /// The run of these days.
    func run(of period: Period) async throws -> SettlementRun? {
        var after: Day?
        repeat {
            let page = try await ask(FindSettlements(limit: 100, after: after))
            if let run = page.settlements.first(where: { $0.period == period }) { return run }
            after = page.next
        } while (after ?? period.from) > period.from
        return nil
    }

    /// The id of a run that nobody has made yet: the same for the same days, so that two who prepare them prepare one run.
    static func newRunId(of period: Period) -> UUID {
        let hash = SHA256.hash(data: Array("settlement \(period.from) \(period.until?.description ?? "")".utf8))
        var bytes = Array(hash.prefix(16))
        // Version 8 of RFC 9562: made from what it names.
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.hexadecimal
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(digits.dropFirst(range.lowerBound).prefix(range.count))
        }
        guard let id = UUID(text: parts.joined(separator: "-")) else { preconditionFailure("32 digits are an id") }
        return id
    }

    // MARK: What is done with it

    /// Has a run take in what is there; returns it when its statements stand, and the registry has told accounts if it does
    /// so in time.
    func prepare(_ command: PrepareSettlement) async throws -> GetSettlement.Reply {
        _ = try await ask(command)
        let query = GetSettlement(runId: command.runId)
        let prepared = try await stage.ask(query) { $0.run.state == .prepared }
        guard prepared.lacksAnswers else { return prepared }
        do {
            return try await stage.ask(query) { !$0.lacksAnswers }
        } catch let failure as CommandFailure where failure.code == .deadline {
            return prepared
        }
    }

    /// Closes a run; returns it when it is booked.
    func close(_ command: CloseSettlement) async throws -> GetSettlement.Reply {
        _ = try await ask(command)
        return try await closed(command.runId)
    }

    /// Waits for a run that is being closed; throws if something came in at the end that keeps it open.
    func closed(_ runId: UUID) async throws -> GetSettlement.Reply {
        let reply = try await stage.ask(GetSettlement(runId: runId)) {
            $0.run.state == .closed || $0.run.state == .prepared
        }
        guard reply.run.state == .closed else {
            let codes = Set(reply.obstacles.map(\.code)).sorted().joined(separator: ", ")
            throw CommandFailure(.refused, "The settlement was not closed: \(codes).")
        }
        return reply
    }

    // MARK: Payments

    /// The payments of a run, all of them or those of one city.
    func payouts(of runId: UUID, paidBy city: UUID?) async throws -> [Payout] {
        var payouts: [Payout] = []
        var after: UUID?
        repeat {
            let page = try await ask(FindPayouts(runId: runId, cityId: city, limit: 500, after: after))
            payouts += page.payouts
            after = page.next
        } while after != nil
        return payouts
    }

    /// Says that payments have arrived, two hundred with a message; returns how many had not been confirmed before.
    func confirm(_ payouts: [Payout], paidBy city: UUID, on day: Day, reason: String?) async throws -> Int {
        var confirmed = 0
        for start in stride(from: 0, to: payouts.count, by: Self.confirmedMax) {
            let ids = payouts[start..<min(start + Self.confirmedMax, payouts.count)].map(\.payoutId)
            confirmed += try await ask(
                ConfirmPayouts(cityId: city, payoutIds: ids, paidOn: day, reason: reason)
            ).confirmed
        }
        return confirmed
    }
}

extension [Payout] {
    /// The payments that are named, by their ids or by what stands on the bank statement; throws one failure for all that are
    /// not there.
    func named(_ names: [String]) throws(CommandFailure) -> [Payout] {
        var found: [Payout] = []
        var missing: [String] = []
        for name in names {
            let name = name.lowercased()
            if let payout = first(where: { $0.payoutId.text == name || $0.endToEndId == name }) {
                if !found.contains(payout) { found.append(payout) }
            } else {
                missing.append(name)
            }
        }
        guard missing.isEmpty else {
            throw CommandFailure(
                .refused, "This settlement has no such payment of this city: \(missing.joined(separator: ", ")).")
        }
        return found
    }
}

extension GetSettlement.Reply {
    /// Whether the registry has not told all accounts yet.
    var lacksAnswers: Bool { obstacles.contains { $0.code == "merchant-account-unasked" } }
}
