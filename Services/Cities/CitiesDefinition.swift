import Contracts
import Messaging
import Postgres
import ServiceKit

/// The registry: which cities there are, by which names they are found, and which merchants they have.
enum CitiesDefinition: SuiteService {
    typealias Owner = CitiesService

    static let summary = "The registry of City Coop: cities and their merchants."
    static let httpPort = 8081

    static let schema = MigrationSet(
        name: "cities", version: 5, minCompatible: 1,
        migrations: [
            Migration(number: 1, name: "cities", sql: PackageResources._001_cities_sql),
            Migration(number: 2, name: "registry", sql: PackageResources._002_registry_sql),
            Migration(number: 3, name: "merchants", sql: PackageResources._003_merchants_sql),
            Migration(number: 4, name: "indicators", sql: PackageResources._004_indicators_sql),
            Migration(number: 5, name: "privacy", sql: PackageResources._005_privacy_sql),
        ])

    static func options(_ settings: inout Settings) -> Keyring {
        settings.key("CITIES_BANK_KEY", "Keys that encrypt the account numbers of merchants")
    }

    static func handlers(_ bankKeys: Keyring, seal: Seal) -> HandlerSet<CitiesService> {
        let accounts = BankAccounts(keys: bankKeys.keys.map { ($0.id, $0.bytes) })
        var handlers = HandlerSet<CitiesService>()
        handlers.add(RegisterCities())
        handlers.add(RegisterMerchants(accounts: accounts))
        handlers.add(ReviseMerchants(accounts: accounts))
        handlers.add(CloseMerchants(accounts: accounts))
        handlers.add(ImportMerchantLines(accounts: accounts, seal: seal))
        handlers.add(ReadImportReport())
        handlers.add(GetMerchantByID())
        handlers.add(GetAccountOfMerchant(accounts: accounts))
        handlers.add(TellMerchantAccounts(accounts: accounts))
        handlers.add(FindMerchantsByName())
        handlers.add(MapMerchants())
        handlers.add(RepublishState())
        handlers.add(FindCitiesByName())
        handlers.add(FindCitiesForMaps())
        handlers.add(GetCityBySlugOrID())
        addRegistry(&handlers)
        handlers.add(GrantAccessToUsers())
        handlers.add(RevokeAccessOfUsers())
        handlers.add(FindGrantsOfUsers())
        handlers.add(RequestExports(seal: seal))
        handlers.add(RequestErasures(seal: seal))
        handlers.add(TakePrivacyAnswers(seal: seal))
        handlers.add(RepeatPrivacyRequests(seal: seal))
        handlers.add(TellPrivacyRequest(seal: seal))
        handlers.add(job: ForgetOldExports())
        handlers.keepsPersonalData(PrivacyData(seal: seal, accounts: accounts))
        handlers.add(SetIndicators())
        handlers.add(FindIndicatorValues())
        handlers.add(GetIndicatorRevisions())
        return handlers
    }

    /// What is kept about cities beyond their facts.
    private static func addRegistry(_ handlers: inout HandlerSet<CitiesService>) {
        handlers.add(ReviseCities())
        handlers.add(DraftProfiles())
        handlers.add(ReviewProfiles())
        handlers.add(PublishProfiles())
        handlers.add(GetProfileVersion())
        handlers.add(RegisterPartners())
        handlers.add(FindPartnersOfCities())
        handlers.add(SetMemberships())
        handlers.add(FindMembersOnDay())
        handlers.add(SetAcceptances())
        handlers.add(FindAcceptanceOnDay())
    }
}
