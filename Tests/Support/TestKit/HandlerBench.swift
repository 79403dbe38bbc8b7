// The runtime's own parts are used here, which a build for testing lets in; a release build has no use for this file.
#if DEBUG
    public import Contracts
    public import FoundationEssentials
    @testable public import Messaging
    public import Postgres

    /// Runs handlers on a real database without a broker: a batch in, one transaction, messages out.
    ///
    /// ```swift
    /// try await withHandlerBench(Cities.schema) { bench in
    ///     let outcome = try await bench.run(RegisterCities(), [command])
    ///     #expect(try outcome.reply(to: RegisterCity.self).version == 1)
    ///     #expect(try outcome.events(CityRegistered.self).count == 1)
    /// }
    /// ```
    public struct HandlerBench: Sendable {
        /// Where the database is, for connections of one's own.
        public let address: DatabaseAddress
        /// Connections to it.
        public let database: Pool
        private let limits = MessagingLimits()

        /// A bench on a pool that somebody runs; see ``withHandlerBench(_:connections:_:)``.
        public init(_ address: DatabaseAddress, _ database: Pool) {
            self.address = address
            self.database = database
        }

        /// Handles messages in one transaction, and commits it; throws what the handler or the database throws.
        ///
        /// Each message is written to JSON, read and checked as if it had come from a queue, with a queue for its answer. A
        /// conflict with another transaction runs the batch again, as often as the runtime would. There is no inbox: a message
        /// that is given twice is handled twice.
        ///
        /// - Parameters:
        ///   - user: Who sends them.
        ///   - now: The batch's time, instead of the database's.
        public func run<H: Handler>(
            _ handler: H, _ messages: [H.Message], user: String = "operator", at now: Date? = nil
        ) async throws -> Outcome {
            let coder = BodyCoder(limits: limits)
            let received = try messages.enumerated().map { position, message in
                let body = try coder.body(of: message).bytes
                let envelope = Envelope(
                    id: UUID.version7().uuidString, source: "bench", type: H.Message.type.description, user: user,
                    replyTo: "reply.bench")
                return Received(
                    try coder.message(H.Message.self, from: body, mode: .binary), envelope, position: position)
            }
            var attempt = 1
            while true {
                do {
                    return try await runOnce(handler, received, coder, at: now)
                } catch let error where Verdict(error) == .conflict && attempt < limits.wholeBatchAttempts {
                    attempt += 1
                }
            }
        }

        /// Answers a query, or throws the ``Problem`` of its refusal.
        public func ask<H: QueryHandler>(
            _ handler: H, _ query: H.Query, user: String = "operator"
        ) async throws -> H.Query.Reply {
            let coder = BodyCoder(limits: limits)
            let read = try coder.message(H.Query.self, from: try coder.body(of: query).bytes, mode: .binary)
            let reply = try await handler.answer(read, from: Asker(user: user), reading: database)
            return try JSONDecoder().decode(H.Query.Reply.self, from: Data(try coder.body(of: reply).bytes))
        }

        /// What PostgreSQL says against these statements on the bench's schema; empty if they fit.
        public func mistakes(in statements: [any Statement]) async throws -> [StatementCheck.Problem] {
            try await database.withConnection { try await StatementCheck(on: $0).problems(with: statements) }
        }

        private func runOnce<H: Handler>(
            _ handler: H, _ received: [Received<H.Message>], _ coder: BodyCoder, at now: Date?
        ) async throws -> Outcome {
            try await database.withConnection { connection in
                var work = MessageTransaction(on: connection, coder: coder, limits: limits)
                do {
                    try await work.begin()
                    try await handler.handle(Batch(received, now: now ?? work.now), in: &work)
                    if let failure = work.outgoing.failure { throw failure }
                } catch {
                    await work.rollback()
                    throw error
                }
                let outgoing = work.outgoing
                try await work.commit()
                return Outcome(outgoing)
            }
        }
    }

    extension HandlerBench {
        /// What a batch said and answered.
        public struct Outcome: Sendable {
            /// A message that leaves.
            public struct Said: Sendable {
                /// Its type.
                public let type: String
                /// Its body in JSON.
                public let body: [UInt8]
                /// The version of the thing that an event is about.
                public let sequence: Int64?
                /// When it leaves; `nil` for at once.
                public let due: Date?
            }

            /// The events, in the order in which they were said.
            public let events: [Said]
            /// Commands to this service or others, at once or later.
            public let commands: [Said]
            private let answers: [Int: Answer]

            init(_ outgoing: MessageTransaction.Outgoing) {
                func said(_ record: OutgoingRecord, _ due: Date? = nil) -> Said {
                    Said(type: record.type, body: record.body, sequence: record.sequence, due: due)
                }
                events = outgoing.records.filter { $0.exchange == .events }.map { said($0) }
                commands =
                    outgoing.records.filter { $0.exchange == .commands }.map { said($0) }
                    + outgoing.scheduled.map { said($0.record, $0.due) }
                answers = outgoing.answers
            }

            /// The events of one type.
            public func events<E: Event>(_ type: E.Type) throws -> [E] {
                try Outcome.read(type, of: events)
            }

            /// The commands of one type.
            public func commands<C: Command>(_ type: C.Type) throws -> [C] {
                try Outcome.read(type, of: commands)
            }

            /// The success that a message of the batch was answered with; throws the ``Problem`` if it was refused.
            public func reply<R: Request>(_ index: Int = 0, to type: R.Type) throws -> R.Reply {
                guard let answer = answers[index] else { throw NoAnswer(index: index) }
                if let problem = problem(index) { throw problem }
                return try JSONDecoder().decode(R.Reply.self, from: Data(answer.body))
            }

            /// The problem that a message of the batch was refused with, if it was.
            public func problem(_ index: Int = 0) -> Problem? {
                guard let answer = answers[index], answer.kind == .problem else { return nil }
                return try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
            }

            /// Whether a message of the batch was answered at all.
            public func isAnswered(_ index: Int) -> Bool {
                answers[index] != nil
            }

            private static func read<M: Message>(_ type: M.Type, of messages: [Said]) throws -> [M] {
                try messages.filter { $0.type == M.type.description }
                    .map { try JSONDecoder().decode(M.self, from: Data($0.body)) }
            }
        }

        /// A message of a batch was neither answered nor refused.
        public struct NoAnswer: Error {
            /// Its place in the batch.
            public let index: Int
        }
    }

    /// Makes a database with the runtime's schema and a service's, opens a bench on it for `body`, and drops it afterwards.
    ///
    /// - Parameter connections: Batches that can run at the same time.
    public func withHandlerBench<Value>(
        _ schema: MigrationSet, connections: Int = 2, _ body: (HandlerBench) async throws -> Value
    ) async throws -> Value {
        try await withScratchDatabase(migrations: [MessagingSchema.migrations, schema]) { address in
            var limits = PostgresLimits()
            limits.poolConnections = connections
            let pool = Pool(address, name: "bench", limits: limits)
            async let running: Void = pool.run()
            do {
                let value = try await body(HandlerBench(address, pool))
                await pool.close()
                await running
                return value
            } catch {
                await pool.close()
                await running
                throw error
            }
        }
    }
#endif
