import Contracts
import Postgres

@testable import Messaging

/// A command that no test sends.
private struct UnaskedCommand<C: Command>: Handler {
    static var access: AccessRule<C> { .administrators }

    func handle(_ batch: Batch<C>, in transaction: inout MessageTransaction) async throws {}
}

/// A query that no test asks.
private struct UnaskedQuery<Q: Query>: QueryHandler {
    static var access: AccessRule<Q> { .administrators }

    func answer(_ query: Q, from asker: Asker, reading database: Pool) async throws -> Q.Reply {
        throw Problem("unavailable", "This service is a part of a test.")
    }
}

extension HandlerSet {
    /// Adds what the contracts promise of this service and the test has no use for; what every service answers to comes
    /// from the runtime.
    mutating func addUnasked() {
        let common = ServiceName.allCases.map { Set(Catalogue.requests(of: $0).map(\.type.name)) }
            .reduce(Set(Catalogue.requests(of: Owner.name).map(\.type.name))) { $0.intersection($1) }
        for entry in Catalogue.requests(of: Owner.name) where !common.contains(entry.type.name) {
            guard routes[entry.type.description] == nil, queries[entry.type.description] == nil else { continue }
            if let command = entry.request as? any Command.Type { addUnasked(command) }
            if let query = entry.request as? any Query.Type { addUnasked(query) }
        }
    }

    private mutating func addUnasked<C: Command>(_ command: C.Type) { add(UnaskedCommand<C>()) }

    private mutating func addUnasked<Q: Query>(_ query: Q.Type) { add(UnaskedQuery<Q>()) }
}
