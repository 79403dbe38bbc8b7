import Postgres

@testable import Contracts
@testable import Messaging

/// Takes a command that no test sends: a service answers to all that its contracts name, or refuses to start.
private struct IgnoreCommands<Message: Command>: Handler {
    static var access: AccessRule<Message> { .administrators }

    func handle(_ batch: Batch<Message>, in transaction: inout MessageTransaction) async throws {}
}

/// Takes a query that no test asks.
private struct RefuseQueries<Query: Contracts.Query>: QueryHandler {
    static var access: AccessRule<Query> { .administrators }

    func answer(_ query: Query, from asker: Asker, reading database: Pool) async throws -> Query.Reply {
        throw Problem("unavailable", "Nobody is to ask this here.")
    }
}

extension HandlerSet {
    /// Adds a handler that does nothing for each of these requests that has none.
    mutating func addIdleOnes(for entries: [Catalogue.Entry]) {
        for entry in entries where routes[entry.type.description] == nil && queries[entry.type.description] == nil {
            if let command = entry.request as? any Command.Type { ignore(command) }
            if let query = entry.request as? any Query.Type { refuse(query) }
        }
    }

    private mutating func ignore<C: Command>(_ command: C.Type) { add(IgnoreCommands<C>()) }
    private mutating func refuse<Q: Query>(_ query: Q.Type) { add(RefuseQueries<Q>()) }
}
