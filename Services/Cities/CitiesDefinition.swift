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
            Migration(number: 4, name: "indicators", sql: PackageResources._004_indicators_sql),
            Migration(number: 5, name: "privacy", sql: PackageResources._005_privacy_sql),
        ])

    static func options(_ settings: inout Settings) {}

    static func handlers(_ options: Void, seal: Seal) -> HandlerSet<CitiesService> {
        var handlers = HandlerSet<CitiesService>()
        handlers.add(RegisterCities())
        handlers.add(RegisterMerchants())
        handlers.add(RepublishState())
        handlers.add(FindCitiesByName())
        handlers.add(FindCitiesForMaps())
        handlers.add(GetCityBySlugOrID())
        handlers.add(SetIndicators())
        handlers.add(FindIndicatorValues())
        handlers.add(GetIndicatorRevisions())
        handlers.add(GrantAccessToUsers())
        handlers.add(RevokeAccessOfUsers())
        handlers.add(FindGrantsOfUsers())
        handlers.add(RequestExports(seal: seal))
        handlers.add(RequestErasures(seal: seal))
        handlers.add(TakePrivacyAnswers(seal: seal))
        handlers.add(RepeatPrivacyRequests(seal: seal))
        handlers.add(TellPrivacyRequest(seal: seal))
        handlers.add(job: ForgetOldExports())
        handlers.keepsPersonalData(PrivacyData(seal: seal))
        return handlers
    }
}
