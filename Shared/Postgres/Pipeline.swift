import CPostgres

/// A flight and the caller who waits for it.
struct WaitingFlight {
    let flight: Flight
    let deadline: ContinuousClock.Instant
    let answer: CheckedContinuation<Result<FlightResults, PostgresError>, Never>
}

/// The flights that are under way, in the order of their results.
///
/// It only matches what libpq hands out to what was sent; the calls are ``Connection``'s.
struct Pipeline {
    /// One message to the server that has a result of its own.
    enum Step {
        case prepare(Int, name: String)
        /// Executes the flight's entry, or describes it.
        case execute(Int)
        /// The simple protocol: any number of results, and no sync behind them.
        case script
    }

    /// A flight whose results are coming.
    struct UnderWay {
        let waiting: WaitingFlight
        let steps: [Step]
        fileprivate(set) var position = 0
        fileprivate var results: [ServerResult] = []
        /// The first error: what follows it up to the sync is only aborted.
        var error: PostgresError?
        /// Its deadline has passed and the server has been asked to stop.
        var isCancelled = false

        init(_ waiting: WaitingFlight, steps: [Step]) {
            self.waiting = waiting
            self.steps = steps
            results.reserveCapacity(steps.count)
        }

        var outcome: Result<FlightResults, PostgresError> {
            error.map { .failure($0) } ?? .success(FlightResults(results[...]))
        }

        /// The statement whose result comes next.
        fileprivate var statement: (any Statement.Type)? {
            guard position < steps.count else { return nil }
            switch steps[position] {
            case .prepare(let index, _), .execute(let index): return waiting.flight.entries[index].statement
            case .script: return nil
            }
        }
    }

    /// What a result means for the connection.
    enum Arrival {
        /// Nothing more than the result.
        case expected
        /// A statement of the first flight is prepared under this name.
        case prepared(Int, name: String)
        /// The flight has its last result.
        case finished(UnderWay)
        /// A result that nothing asked for, COPY for instance.
        case unexpected
    }

    private var flights: [UnderWay] = []

    var count: Int { flights.count }

    /// The flight that the server is working on.
    var first: UnderWay? { flights.first }

    /// Whether a script is under way, behind which nothing may be sent.
    var runsScript: Bool { flights.last?.waiting.flight.script != nil }

    mutating func append(_ flight: UnderWay) {
        flights.append(flight)
    }

    /// Notes that the first flight is being cancelled.
    mutating func markFirstCancelled() {
        flights[0].isCancelled = true
    }

    /// Takes everything out.
    mutating func removeAll() -> [UnderWay] {
        defer { flights = [] }
        return flights
    }

    /// Takes in one result, or the nil that ends a statement's results.
    mutating func receive(_ result: ServerResult?) -> Arrival {
        guard !flights.isEmpty else { return result == nil ? .expected : .unexpected }
        guard let result else { return endStatement() }
        switch result.status {
        case PGRES_PIPELINE_SYNC:
            return .finished(flights.removeFirst())
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return accept(result)
        case PGRES_PIPELINE_ABORTED:
            return .expected
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            let error = flights[0].error ?? result.error(in: flights[0].statement)
            flights[0].error = error
            return .expected
        default:
            return .unexpected
        }
    }

    private mutating func accept(_ result: ServerResult) -> Arrival {
        guard flights[0].position < flights[0].steps.count else { return .unexpected }
        switch flights[0].steps[flights[0].position] {
        case .prepare(let index, let name):
            return .prepared(index, name: name)
        case .execute, .script:
            flights[0].results.append(result)
            return .expected
        }
    }

    private mutating func endStatement() -> Arrival {
        guard flights[0].position < flights[0].steps.count else { return .unexpected }
        if case .script = flights[0].steps[flights[0].position] {
            return .finished(flights.removeFirst())
        }
        flights[0].position += 1
        return .expected
    }
}
