import Contracts
import FoundationEssentials
import Logging
import Postgres

/// A copy of another service's state that this service keeps, filled by its events.
struct Copy: Sendable {
    let kind: Republish.Kind
    let extent: any ExtentStatement
}

/// Asks for what a service's copies lack, until they are complete; also after one was wiped.
struct CopyKeeper: Sendable {
    let copies: [Copy]
    let transactions: InboxTransactions
    let limits: MessagingLimits
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        guard !copies.isEmpty else { return }
        var pause = limits.copyRequestInterval
        while !Task.isCancelled {
            var next = limits.copyRequestInterval
            do {
                let incomplete = try await incomplete()
                if !incomplete.isEmpty {
                    try await ask(for: incomplete)
                    next = min(pause * 2, limits.copyRequestIntervalMax)
                }
            } catch {
                logger.warning("copies cannot be asked for", metadata: ["error": "\(error)"])
            }
            await Pause.sleep(pause)
            pause = next
        }
    }

    /// The copies that are not complete.
    func incomplete() async throws -> [Republish.Kind] {
        let states = try await transactions.database.execute(ReadCopies(names: copies.map(\.kind.rawValue)))
        return states.filter { !$0.complete }.compactMap { Republish.Kind(rawValue: $0.name) }
    }

    private func ask(for kinds: [Republish.Kind]) async throws {
        logger.notice(
            "asking for a copy", metadata: ["kinds": "\(kinds.map(\.rawValue).joined(separator: ", "))"])
        try await transactions.perform { transaction in
            for kind in kinds { transaction.send(Republish(requestId: .version7(), kind: kind)) }
        }
    }
}

/// Hears that everything was said again, and checks whether it has arrived.
struct CompleteCopies: Handler {
    let copies: [Copy]

    func handle(_ batch: Batch<Republished>, in transaction: inout MessageTransaction) async throws {
        for message in batch.messages {
            guard let copy = copies.first(where: { $0.kind == message.kind }) else { continue }
            // Events overtake one another where one of them was sent again: a copy that is not there yet is asked for
            // again by the keeper.
            if let extent = try await read(copy.extent, in: &transaction), extent.covers(message.message) {
                transaction.write(CompleteCopy(name: copy.kind.rawValue))
            }
        }
    }

    private func read(
        _ statement: some ExtentStatement, in transaction: inout MessageTransaction
    ) async throws -> CopyExtent? {
        try await transaction.execute(statement).first
    }
}
