import Contracts
import Messaging
import Postgres
import ServiceKit

/// The service of the calendar: its tables and its handlers.
enum EventsDefinition: SuiteService {
    typealias Owner = EventsService

    static let summary = "Keeps the calendar: events, registrations and waiting lines."
    static let httpPort = 8082

    static var schema: MigrationSet {
        MigrationSet(
            name: "events", version: 1, minCompatible: 1,
            migrations: [Migration(number: 1, name: "events", sql: PackageResources._001_events_sql)])
    }

    static func options(_ settings: inout Settings) {}

    static func handlers(_ options: Void, seal: Seal) -> HandlerSet<EventsService> {
        var handlers = HandlerSet<EventsService>()
        handlers.add(PublishEvents())
        handlers.add(RegisterForEvents())
        handlers.add(CancelRegistrations())
        handlers.add(GetEvents())
        handlers.keepsPersonalData(PersonalRegistrations())
        return handlers
    }
}
