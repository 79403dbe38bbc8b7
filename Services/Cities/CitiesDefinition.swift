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
        name: "cities", version: 4, minCompatible: 1,
        migrations: [
            Migration(number: 1, name: "cities", sql: PackageResources._001_cities_sql),
            Migration(number: 4, name: "indicators", sql: PackageResources._004_indicators_sql),
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
        return handlers
    }
}
