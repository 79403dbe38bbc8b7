#if DEBUG
    @testable public import Messaging
    import Postgres

    extension HandlerBench {
        /// How a background job ended.
        public enum JobEnd: Sendable {
            /// Its transaction is committed.
            case committed
            /// All is undone behind it, as after a crash before the commit.
            case undone
        }

        /// Runs one part of a background job in a transaction; what it said has left only if that was committed.
        public func run(
            _ job: some BackgroundJob, end: JobEnd = .committed
        ) async throws -> (hasMore: Bool, outcome: Outcome) {
            let limits = MessagingLimits()
            return try await database.withConnection { connection in
                var work = MessageTransaction(on: connection, coder: BodyCoder(limits: limits), limits: limits)
                let hasMore: Bool
                do {
                    try await work.begin()
                    hasMore = try await job.run(in: &work)
                    if let failure = work.outgoing.failure { throw failure }
                } catch {
                    await work.rollback()
                    throw error
                }
                let outgoing = work.outgoing
                switch end {
                case .committed:
                    try await work.commit()
                    return (hasMore, Outcome(outgoing))
                case .undone:
                    await work.rollback()
                    return (hasMore, Outcome(MessageTransaction.Outgoing()))
                }
            }
        }
    }
#endif
