import Contracts
import FoundationEssentials
import Messaging
import Postgres
import Synchronization

/// What a voucher's value tells the test's handler to do.
enum Amount {
    static let plain: Int64 = 1_000
    /// Throws while ``Switches/isBroken``.
    static let broken: Int64 = 66_600
    /// Writes a row that the database refuses, at the commit.
    static let unwritable: Int64 = 66_700
    /// Is refused as a matter of business.
    static let refused: Int64 = 66_800
    /// Schedules a command with a secret, ``Switches/delay`` from now.
    static let later: Int64 = 66_900
    /// Is answered with more than is kept.
    static let long: Int64 = 67_000
}

/// What a test changes while its service runs.
final class Switches: Sendable {
    private let broken = Mutex(false)
    private let later = Mutex(Duration.milliseconds(300))

    var isBroken: Bool {
        get { broken.withLock { $0 } }
        set { broken.withLock { $0 = newValue } }
    }

    var delay: Duration {
        get { later.withLock { $0 } }
        set { later.withLock { $0 = newValue } }
    }
}

struct Broken: Error {}

/// One row for each time that a message took effect.
struct WriteEffects: Statement {
    static let sql = """
        INSERT INTO effect (kind, business_id) SELECT * FROM unnest($1::text[], $2::uuid[])
        """
    var kinds: [String] = []
    var ids: [UUID] = []

    mutating func add(_ kind: String, _ id: UUID) {
        kinds.append(kind)
        ids.append(id)
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(kinds)
        parameters.add(ids)
    }
}

/// How often messages of a kind took effect.
struct CountEffects: Statement {
    static let sql = "SELECT count(*) FROM effect WHERE kind = $1"
    var kind: String

    func bind(_ parameters: inout Parameters) {
        parameters.add(kind)
    }

    static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
}

/// How many merchants were heard of, as often as that was, each in its first version.
struct MeasureMerchants: ExtentStatement {
    static let sql = "SELECT count(*), count(*) FROM effect WHERE kind = 'merchant'"
}

struct IssueVouchers: Handler {
    static let access: AccessRule<IssueVoucher> = .editors { $0.issuerCityId }
    static var batchMax: Int { 64 }
    let switches: Switches

    func handle(_ batch: Batch<IssueVoucher>, in transaction: inout MessageTransaction) async throws {
        _ = try await transaction.execute(CountEffects(kind: "issue"))
        var effects = WriteEffects()
        for request in batch.messages {
            switch request.value.amount {
            case Amount.broken where switches.isBroken: throw Broken()
            case Amount.unwritable: effects.add("forbidden", request.issueId)
            case Amount.refused:
                transaction.publish(
                    IssueRefused(issueId: request.issueId, code: "city-unknown"), refusing: request,
                    with: Problem("city-unknown", "There is no such city."))
                continue
            case Amount.later:
                let redeem = RedeemVoucher(
                    redemptionId: request.issueId, code: Secret("SECRET-CODE"), merchantId: request.issuerCityId,
                    amount: Money(1, "EUR"))
                let delay =
                    Double(switches.delay.components.attoseconds) / 1e18 + Double(switches.delay.components.seconds)
                transaction.schedule(redeem, at: Date() + delay, because: request)
            default: break
            }
            effects.add("issue", request.issueId)
            let code = request.value.amount == Amount.long ? String(repeating: "x", count: 5_000) : "SECRET-CODE"
            transaction.publish(
                VoucherIssued(
                    issueId: request.issueId, voucherId: request.issueId, issuerCityId: request.issuerCityId,
                    value: request.value, personId: nil, issuedAt: Timestamp(batch.now)),
                answering: request,
                with: .init(voucherId: request.issueId, code: Secret(code), value: request.value))
        }
        transaction.write(effects)
    }
}

struct RedeemVouchers: Handler {
    static let access: AccessRule<RedeemVoucher> = .merchant { $0.merchantId }

    func handle(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) async throws {
        var effects = WriteEffects()
        for request in batch.messages {
            effects.add("redeem", request.redemptionId)
            transaction.publish(RedemptionRefused(redemptionId: request.redemptionId, code: "done"), because: request)
        }
        transaction.write(effects)
    }
}

struct HearOfCities: Handler {
    func handle(_ batch: Batch<CityRegistered>, in transaction: inout MessageTransaction) async throws {}
}

struct HearOfMemberships: Handler {
    func handle(_ batch: Batch<MembershipChanged>, in transaction: inout MessageTransaction) async throws {}
}

struct HearOfAcceptance: Handler {
    func handle(_ batch: Batch<AcceptanceChanged>, in transaction: inout MessageTransaction) async throws {}
}

struct HearOfMerchants: Handler {
    func handle(_ batch: Batch<MerchantRegistered>, in transaction: inout MessageTransaction) async throws {
        var effects = WriteEffects()
        for event in batch.newest(of: \.merchantId) { effects.add("merchant", event.merchantId) }
        transaction.write(effects)
    }
}

struct TellBalance: QueryHandler {
    static let access: AccessRule<GetBalance> = .everyone

    func answer(_ query: GetBalance, from asker: Asker, reading database: Pool) async throws -> GetBalance.Reply {
        if query.code.revealed == "unknown" { throw Problem("voucher-not-usable", "The voucher cannot be used.") }
        let counts: [Int64] = try await database.execute(CountEffects(kind: "issue"))
        return .init(voucherId: UUID(), balance: Money(counts[0], "EUR"))
    }
}

struct TellLedger: QueryHandler {
    static let access: AccessRule<GetLedger> = .administrators

    func answer(_ query: GetLedger, from asker: Asker, reading database: Pool) async throws -> GetLedger.Reply {
        let line = GetLedger.Reply.Line(account: "voucher", currency: "EUR", sum: 1)
        return .init(lines: Array(repeating: line, count: 30_000), vouchers: 0, redemptions: 0, balanced: true)
    }
}
