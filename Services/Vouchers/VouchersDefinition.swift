import Contracts
import FoundationEssentials
import Messaging
import Postgres
import ServiceKit

/// The service of the instrument: what it reads from its environment, its tables, its handlers.
enum VouchersDefinition: SuiteService {
    typealias Owner = VouchersService

    static let summary = "Issues and redeems vouchers, and keeps their ledger."
    static let httpPort = 8083

    static var schema: MigrationSet {
        MigrationSet(
            name: "vouchers", version: 15, minCompatible: 1,
            migrations: [
                Migration(number: 1, name: "vouchers", sql: PackageResources._001_vouchers_sql),
                Migration(number: 2, name: "acceptance", sql: PackageResources._002_acceptance_sql),
                Migration(number: 3, name: "merchants", sql: PackageResources._003_merchants_sql),
                Migration(number: 4, name: "instrument", sql: PackageResources._004_instrument_sql),
                Migration(number: 5, name: "programmes", sql: PackageResources._005_programmes_sql),
                Migration(number: 6, name: "orders", sql: PackageResources._006_orders_sql),
                Migration(number: 7, name: "holds", sql: PackageResources._007_holds_sql),
                Migration(number: 8, name: "life", sql: PackageResources._008_life_sql),
                Migration(number: 9, name: "settlement", sql: PackageResources._009_settlement_sql),
                Migration(number: 10, name: "reports", sql: PackageResources._010_reports_sql),
                Migration(number: 11, name: "policies", sql: PackageResources._011_policies_sql),
                Migration(number: 12, name: "gifts", sql: PackageResources._012_gifts_sql),
                Migration(
                    number: 13, name: "order_cancellation", sql: PackageResources._013_order_cancellation_sql),
                Migration(number: 14, name: "bookings", sql: PackageResources._014_bookings_sql),
                Migration(number: 15, name: "file_retention", sql: PackageResources._015_file_retention_sql),
            ])
    }

    static func options(_ settings: inout Settings) -> VouchersOptions { VouchersOptions(&settings) }

    static func handlers(_ options: VouchersOptions, seal: Seal) -> HandlerSet<VouchersService> {
        guard let keys = options.keys else {
            preconditionFailure("handlers are made after every setting was found right")
        }
        let throttle = Throttle(options.throttle)
        var handlers = HandlerSet<VouchersService>()
        handlers.add(IssueVouchers(keys: keys, seal: seal))
        addHolds(&handlers, keys: keys, throttle: throttle)
        addReversals(&handlers)
        handlers.add(GetLedgers())
        addProgrammes(&handlers)
        addPolicies(&handlers)
        addLimitedNetwork(&handlers)
        addExpiry(&handlers, keys: keys, seal: seal, throttle: throttle)
        handlers.add(RedeemVouchers(keys: keys, throttle: throttle))
        handlers.add(GetBalances(keys: keys, throttle: throttle))
        addThrottle(&handlers, throttle)
        addLife(&handlers, keys: keys, seal: seal, cancelDays: options.cancelDays)
        addSettlement(&handlers, seal: seal)
        addReports(&handlers)
        addOrders(&handlers, keys: keys, seal: seal, folder: options.fileFolder, throttle: throttle)
        handlers.add(job: RemoveCodeFiles(folder: options.fileFolder, retention: options.fileRetention))
        handlers.keepsPersonalData(VouchersOfPersons())
        handlers.add(KeepCities())
        handlers.add(KeepMerchants())
        handlers.add(KeepMemberships())
        handlers.add(KeepAcceptance())
        handlers.keepCopy(of: .cities, measuredBy: MeasureCities())
        handlers.keepCopy(of: .merchants, measuredBy: MeasureMerchants())
        handlers.keepCopy(of: .memberships, measuredBy: MeasureMemberships())
        handlers.keepCopy(of: .acceptance, measuredBy: MeasureAcceptance())
        return handlers
    }
}
