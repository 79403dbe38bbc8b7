#if DEBUG
    public import Contracts
    public import FoundationEssentials
    @testable public import Messaging

    extension HandlerBench {
        /// A seal for tests.
        public static let seal = Seal(keys: [("bench", [UInt8](repeating: 7, count: 32))])

        /// Gives out what a service knows of a person: what was found, and the records by category.
        public func export<Owner: ServiceOwner>(
            _ personId: UUID, of owner: Owner.Type, from data: any PersonalData
        ) async throws -> (findings: [PersonFinding], records: [String: [[String: String]]]) {
            let handler = ExportPersonalData<Owner>(data: data, seal: Self.seal, limits: MessagingLimits())
            let command = ExportPerson<Owner>(requestId: UUID(), personId: personId)
            let outcome = try await run(handler, [command], user: "cities")
            let reply = try outcome.reply(to: ExportPerson<Owner>.self)
            let records = try reply.data.map {
                try JSONDecoder().decode([String: [[String: String]]].self, from: Data($0.revealed.utf8))
            }
            return (reply.findings, records ?? [:])
        }

        /// Erases what a service knows of a person.
        public func erase<Owner: ServiceOwner>(
            _ personId: UUID, of owner: Owner.Type, from data: any PersonalData
        ) async throws -> (findings: [PersonFinding], outcome: Outcome) {
            let handler = ErasePersonalData<Owner>(data: data, seal: Self.seal, limits: MessagingLimits())
            let command = ErasePerson<Owner>(requestId: UUID(), personId: personId)
            let outcome = try await run(handler, [command], user: "cities")
            return (try outcome.reply(to: ErasePerson<Owner>.self).findings, outcome)
        }
    }
#endif
