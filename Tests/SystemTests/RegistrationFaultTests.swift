import AMQP
import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// Registrations and cancellations while those who handle them are killed and frozen.
    @Suite("Registrations under faults", .serialized)
    struct RegistrationFaultTests {
        @Test("no seat is given twice, and everybody is told each thing once")
        func registrations() async throws {
            let seed = SeededGenerator.chosenSeed
            print("registrations under faults: CITYCOOP_TEST_SEED=\(seed)")
            var generator = SeededGenerator(seed: seed)
            let system = try await System.install("seats", on: try PrivateServers.required)
            let log = try await EventLog.open(system, services: [.events, .notifications])
            let reading = Task { await log.run() }
            do {
                try await RunningServices.during([.cities, .events, .notifications], of: system) { running in
                    let second = try ServiceProcess(.events, number: 2, of: system)
                    try second.start()
                    do {
                        // Cities is there for the grants alone, without which nobody may do anything.
                        let instances = running.instances.filter { $0.service != .cities } + [second]
                        try await tell(instances, system, log, &generator)
                        try await second.kill()
                    } catch {
                        try? await second.kill()
                        throw error
                    }
                }
            } catch {
                Issue.record("CITYCOOP_TEST_SEED=\(seed): \(error)")
            }
            await log.close()
            await reading.value
        }

        private func tell(
            _ instances: [ServiceProcess], _ system: System, _ log: EventLog, _ generator: inout SeededGenerator
        ) async throws {
            let rush = Rush(&generator)
            try await Client.with(system) { client in
                for event in rush.events { _ = try await client.call(event) }
                for messages in try rush.messages(&generator) {
                    let confirmed = await client.publisher.publish(messages)
                    #expect(confirmed.allSatisfy { $0 == .confirmed })
                    try await disturb(try #require(instances.randomElement(using: &generator)), &generator)
                    #expect(try await Self.overfull(system) == [])
                }
            }
            for instance in instances { try await instance.waitUntilReady() }
            try await eventually(within: .seconds(90), "the end of all work") {
                let waiting = try await system.waitingMessages(for: [.events, .notifications])
                let settled = try await Self.settled(system)
                return waiting.isEmpty && settled == rush.registrations.count
            }
            var faults: [String] = []
            do {
                try await eventually(within: .seconds(60), "everybody to be told") {
                    faults = try await Self.untold(system, log)
                    return faults.isEmpty
                }
            } catch let error as NotInTime {
                Issue.record("\(error): \(faults.count) faults: \(faults.prefix(10))")
            }
            #expect(await log.contradictions.isEmpty)
            #expect(try await Self.overfull(system) == [])
        }

        /// `kill -9` and a new process, or a pause.
        private func disturb(_ instance: ServiceProcess, _ generator: inout SeededGenerator) async throws {
            if Bool.random(using: &generator) {
                try await instance.kill()
                try instance.start()
            } else {
                try await instance.freeze(for: .milliseconds(Int.random(in: 100...1_000, using: &generator)))
            }
        }
    }
}

/// What is asked for: many more seats than there are, and some given back.
private struct Rush {
    static let personCount = 600
    static let capacity = 60

    let events: [PublishEvent]
    let contacts: [SetContact]
    let registrations: [RegisterForEvent]
    let cancellations: [CancelRegistration]

    init(_ generator: inout SeededGenerator) {
        events = (0..<3).map { _ in
            PublishEvent(
                eventId: UUID(), cityIds: [UUID()], title: LocalizedText(["de": "Adventmarkt"]),
                startsAt: Timestamp(Date().addingTimeInterval(30 * 86_400)), timeZone: "Europe/Vienna",
                capacity: Self.capacity, fairness: .fill)
        }
        contacts = (0..<Self.personCount).map { number in
            SetContact(personId: UUID(), email: "p\(number)@example.org", name: "Person \(number)", language: "hu")
        }
        var registrations: [RegisterForEvent] = []
        for (number, contact) in contacts.enumerated() {
            registrations.append(
                RegisterForEvent(
                    registrationId: UUID(), eventId: events[number % events.count].eventId,
                    personId: contact.personId, party: Int.random(in: 1...4, using: &generator)))
        }
        self.registrations = registrations
        cancellations = registrations.shuffled(using: &generator).prefix(Self.personCount / 4).map {
            CancelRegistration(registrationId: $0.registrationId, eventId: $0.eventId)
        }
    }

    /// Everything in groups as it is sent; some of the registrations are sent twice, under one id.
    func messages(_ generator: inout SeededGenerator) throws -> [[OutgoingMessage]] {
        let registering = try registrations.map { try Self.message($0) }
        let all =
            try contacts.map { try Self.message($0) } + registering
            + registering.shuffled(using: &generator).prefix(100) + cancellations.map { try Self.message($0) }
        return stride(from: 0, to: all.count, by: 150).map { Array(all[$0..<min($0 + 150, all.count)]) }
    }

    private static func message<C: Command>(_ command: C) throws -> OutgoingMessage {
        let type = C.type.description
        return OutgoingMessage(
            exchange: Topology.Names.commands, routingKey: type,
            properties: Properties(
                contentType: "application/json", deliveryMode: 2, messageID: UUID().uuidString, type: type,
                userID: Topology.Names.operatorUser),
            body: [UInt8](try JSONEncoder().encode(command)))
    }
}

extension SystemTests.RegistrationFaultTests {
    /// Events whose seats are not what their registrations say, or are more than there are.
    fileprivate static func overfull(_ system: System) async throws -> [UUID] {
        try await onDatabase(of: .events, system) { try await $0.execute(AuditOverfull()) }
    }

    /// How many registrations have their outcome.
    fileprivate static func settled(_ system: System) async throws -> Int {
        try await onDatabase(of: .events, system) { try await $0.execute(AuditRegistrations()).count }
    }

    /// What was not said exactly once by events, and what was not told exactly once by notifications.
    fileprivate static func untold(_ system: System, _ log: EventLog) async throws -> [String] {
        let rows = try await onDatabase(of: .events, system) { try await $0.execute(AuditRegistrations()) }
        let registered = try await log.events(PersonRegistered.self) { $0.registration.registrationId }
        let waitlisted = try await log.events(PersonWaitlisted.self) { $0.registration.registrationId }
        let promoted = try await log.events(PersonPromoted.self) { $0.registration.registrationId }
        let delivered = try await log.events(NotificationDelivered.self) { $0.personId }
        var faults: [String] = []
        for row in rows {
            let isIn = row.outcome == "registered"
            let said = [registered[row.registrationId]?.count ?? 0, waitlisted[row.registrationId]?.count ?? 0]
            if said != (isIn ? [1, 0] : [0, 1]) {
                faults.append("registration \(row.registrationId) was said \(said)")
            }
            let moves = promoted[row.registrationId]?.count ?? 0
            if !mayBePromoted(row).contains(moves) {
                faults.append("\(row.registrationId) was promoted \(moves) times")
            }
            let told = (delivered[row.personId] ?? []).map { $0.event.template }.sorted()
            let expected = (moves > 0 ? ["event-promoted"] : []) + [isIn ? "event-registered" : "event-waitlisted"]
            if told != expected { faults.append("person \(row.personId) was told \(told), not \(expected)") }
        }
        return faults
    }

    /// How often a registration may have been promoted.
    ///
    /// Who was promoted and gave the seats back again is cancelled, and so is who gave up the place in line.
    private static func mayBePromoted(_ row: AuditRegistrations.Row) -> ClosedRange<Int> {
        switch (row.outcome, row.state) {
        case ("waitlisted", "registered"): 1...1
        case ("waitlisted", "cancelled"): 0...1
        default: 0...0
        }
    }

    private static func onDatabase<Value: Sendable>(
        of service: ServiceName, _ system: System, _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        let connection = try await Connection.connect(to: system.database(service), name: "audit", limits: .migrating)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// Events with more seats taken than they have, or with other counts than their registrations say.
private struct AuditOverfull: Statement {
    static let sql = """
        SELECT event_id FROM event WHERE taken > capacity
            OR taken <> (SELECT coalesce(sum(party), 0) FROM registration AS r
                WHERE r.event_id = event.event_id AND state = 'registered')
            OR waiting <> (SELECT count(*) FROM registration AS r
                WHERE r.event_id = event.event_id AND state = 'waitlisted')
        """

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Every registration, and how it stands.
private struct AuditRegistrations: Statement {
    struct Row: Sendable {
        var registrationId: UUID
        var personId: UUID
        var outcome: String
        var state: String
    }

    static let sql = "SELECT registration_id, person_id, outcome, state FROM registration"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            registrationId: try columns.next(), personId: try columns.next(), outcome: try columns.next(),
            state: try columns.next())
    }
}
