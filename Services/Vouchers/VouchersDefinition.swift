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
            name: "vouchers", version: 6, minCompatible: 1,
            migrations: [
                Migration(number: 1, name: "vouchers", sql: PackageResources._001_vouchers_sql),
                Migration(number: 2, name: "acceptance", sql: PackageResources._002_acceptance_sql),
                Migration(number: 3, name: "merchants", sql: PackageResources._003_merchants_sql),
                Migration(number: 4, name: "instrument", sql: PackageResources._004_instrument_sql),
                Migration(number: 6, name: "orders", sql: PackageResources._006_orders_sql),
            ])
    }

    /// What this service reads from its environment beyond what all of them read.
    struct Options: Sendable {
        /// Under which codes are hashed.
        var keys: CodeKeys?
        /// Where files are put that are meant for people: the codes of orders.
        var fileFolder: String
    }

    static func options(_ settings: inout Settings) -> Options {
        Options(
            keys: keys(&settings),
            fileFolder: settings.folder("VOUCHERS_FILE_FOLDER", "Where the codes of orders are put, encrypted"))
    }

    private static func keys(_ settings: inout Settings) -> CodeKeys? {
        let name = "VOUCHERS_CODE_KEY"
        let keys = settings.key(name, "Keys under which codes are hashed; their ids are numbers, the current one first")
            .keys
        do {
            return try CodeKeys(keys.map { (Int($0.id) ?? 0, $0.bytes) })
        } catch {
            // A setting that was no ring of keys has been named already.
            if keys.contains(where: { !$0.bytes.isEmpty }) { settings.mistake(name, error.description) }
            return nil
        }
    }

    static func handlers(_ options: Options, seal: Seal) -> HandlerSet<VouchersService> {
        guard let keys = options.keys else {
            preconditionFailure("handlers are made after every setting was found right")
        }
        var handlers = HandlerSet<VouchersService>()
        handlers.add(IssueVouchers(keys: keys, seal: seal))
        handlers.add(RedeemVouchers(keys: keys))
        handlers.add(GetBalances(keys: keys))
        handlers.add(GetLedgers())
        addOrders(&handlers, keys: keys, seal: seal, folder: options.fileFolder)
        handlers.keepsPersonalData(VouchersOfPersons())
        handlers.add(KeepCities())
        handlers.add(KeepMerchants())
        handlers.add(KeepMemberships())
        handlers.add(KeepAcceptance())
        handlers.keepCopy(of: .cities, counted: CountCities())
        handlers.keepCopy(of: .merchants, counted: CountMerchants())
        handlers.keepCopy(of: .memberships, counted: CountMemberships())
        handlers.keepCopy(of: .acceptance, counted: CountAcceptance())
        return handlers
    }
}
