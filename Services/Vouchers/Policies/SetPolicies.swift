import Contracts
import FoundationEssentials
import Messaging

/// Sets rates of tax on fees: `vouchers.set-fee-vat-rate.v1`.
struct SetFeeVATRates: Handler {
    static let access: AccessRule<SetFeeVATRate> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<SetFeeVATRate>, in transaction: inout MessageTransaction) async throws {
        let countries = Set(batch.messages.map(\.country)).sorted()
        // Under the lock of the open run: it is not closed meanwhile by the rates of before.
        let (_, _, known, settled) = try await transaction.execute(
            LockPolicies(), LockRuns(ids: []), ReadFeeVATRates(countries: countries),
            ReadSettledDays(countries: countries))
        let ends = Dictionary(settled.map { ($0.country, $0.until) }) { first, _ in first }
        var policies = Policies(known)
        for command in batch.messages {
            let wanted = command.message.rate(.version7(at: batch.now))
            let decision = policies.set(wanted, unless: command.message.refusal(settled: ends))
            transaction.answer(command, decision) { FeeVATRateSet($0) }
        }
        if !policies.changes.isEmpty { transaction.write(WriteFeeVATRates(rates: policies.changes)) }
    }
}

/// Sets how long vouchers live: `vouchers.set-expiry-policy.v1`.
struct SetExpiryPolicies: Handler {
    static let access: AccessRule<SetExpiryPolicy> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<SetExpiryPolicy>, in transaction: inout MessageTransaction) async throws {
        let (_, known) = try await transaction.execute(
            LockPolicies(), ReadExpiryRules(countries: Set(batch.messages.map(\.country)).sorted()))
        var policies = Policies(known)
        for command in batch.messages {
            let decision = policies.set(command.message.rule(.version7(at: batch.now)))
            transaction.answer(command, decision) { ExpiryPolicySet($0) }
        }
        if !policies.changes.isEmpty { transaction.write(WriteExpiryRules(rules: policies.changes)) }
    }
}

/// Sets what employees may be given: `vouchers.set-benefit-cap.v1`.
struct SetBenefitCaps: Handler {
    static let access: AccessRule<SetBenefitCap> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<SetBenefitCap>, in transaction: inout MessageTransaction) async throws {
        let (_, known) = try await transaction.execute(
            LockPolicies(), ReadBenefitCaps(countries: Set(batch.messages.map(\.country)).sorted()))
        let today = Day(of: Timestamp(batch.now))
        var policies = Policies(known)
        for command in batch.messages {
            let decision = policies.set(
                command.message.entry(.version7(at: batch.now)), unless: command.message.refusal(on: today))
            transaction.answer(command, decision) { BenefitCapSet($0) }
        }
        if !policies.changes.isEmpty { transaction.write(WriteBenefitCaps(caps: policies.changes)) }
    }
}

/// Sets what must be notified: `vouchers.set-limited-network.v1`.
struct SetLimitedNetworks: Handler {
    static let access: AccessRule<SetLimitedNetwork> = .administrators
    static let batchMax = 16

    func handle(_ batch: Batch<SetLimitedNetwork>, in transaction: inout MessageTransaction) async throws {
        let (_, known) = try await transaction.execute(
            LockPolicies(), ReadLimitedNetworkLimits(countries: Set(batch.messages.map(\.country)).sorted()))
        var policies = Policies(known)
        for command in batch.messages {
            let decision = policies.set(command.message.entry(.version7(at: batch.now)))
            transaction.answer(command, decision) { LimitedNetworkSet($0) }
        }
        if !policies.changes.isEmpty { transaction.write(WriteLimitedNetworkLimits(limits: policies.changes)) }
    }
}

extension MessageTransaction {
    /// Answers what became of a command, and tells of it if it is new.
    fileprivate mutating func answer<Message: Command, Wanted: Policy, Told: Event>(
        _ command: Received<Message>, _ decision: PolicyDecision<Wanted>, telling event: (Wanted) -> Told
    ) where Message.Reply == Registered {
        switch decision {
        case .set(let policy):
            publish(
                event(policy), answering: command, with: Registered(id: policy.policyId, version: policy.version))
        case .same(let policy):
            answer(command, with: Registered(id: policy.policyId, version: policy.version))
        case .refused(let refusal): refuse(command, refusal.problem)
        }
    }
}

extension VouchersDefinition {
    /// What laws and agreements fix by country.
    static func addPolicies(_ handlers: inout HandlerSet<VouchersService>) {
        handlers.add(SetFeeVATRates())
        handlers.add(SetExpiryPolicies())
        handlers.add(SetBenefitCaps())
        handlers.add(SetLimitedNetworks())
        handlers.add(TellPolicies())
    }
}
