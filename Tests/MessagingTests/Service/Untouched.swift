@testable import Contracts
import Messaging
import Postgres

/// Refuses a command that these tests are not about.
struct UntouchedCommand<Message: Command>: Handler {
    static var access: AccessRule<Message> { .administrators }

    func handle(_ batch: Batch<Message>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages { transaction.refuse(request, Problem("untouched", "No test asks this.")) }
    }
}

/// Refuses a query that these tests are not about.
struct UntouchedQuery<Query: Contracts.Query>: QueryHandler {
    static var access: AccessRule<Query> { .administrators }

    func answer(_ query: Query, from asker: Asker, reading database: Pool) async throws -> Query.Reply {
        throw Problem("untouched", "No test asks this.")
    }
}

extension HandlerSet where Owner == VouchersService {
    /// Adds a handler for each request of the vouchers' rooms besides those that the tests have handlers for.
    mutating func leaveUntouched(besides handled: [any Request.Type]) {
        let names = Set(handled.map { $0.type.description })
        for entry in Catalogue.vouchers.flatMap(\.requests) where !names.contains(entry.type.description) {
            if let command = entry.request as? any Command.Type { leave(command) }
            if let query = entry.request as? any Query.Type { leave(query) }
        }
    }

    private mutating func leave<C: Command>(_ command: C.Type) { add(UntouchedCommand<C>()) }
    private mutating func leave<Q: Query>(_ query: Q.Type) { add(UntouchedQuery<Q>()) }
}
