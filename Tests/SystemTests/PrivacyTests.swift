import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// Export and erasure of a person over all four services, and the audit of what was done.
    @Suite("Privacy", .serialized, .running("privacy", .cities, .vouchers, .events, .notifications))
    struct PrivacyTests {
        /// How often a person's id stands in tables of a service that should not hold it.
        private struct CountPerson: Statement {
            static let sql = """
                SELECT (SELECT count(*) FROM person WHERE person_id = $1)
                    + (SELECT count(*) FROM notification WHERE person_id = $1)
                """
            var personId: UUID

            func bind(_ parameters: inout Parameters) { parameters.add(personId) }

            static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
        }

        @Test("what is known is given out by all four, then erased, and a service that is away is waited for")
        func erasure() async throws {
            let system = try System.required
            let ana = UUID()
            try await Client.with(system) { client in
                try await live(ana, client)
                try await eventually(within: .seconds(30), "two mails are there") {
                    try mails(to: ana, in: system).count == 2
                }
                let export = RequestExport(requestId: UUID(), personId: ana, reason: "asked for by letter")
                _ = try await client.call(export)
                let given = try await completion(of: export.requestId, client)
                #expect(findings(given, .notifications) == ["contact 1 found", "notifications 2 found"])
                #expect(findings(given, .events) == ["registrations 1 found"])
                #expect(findings(given, .vouchers) == ["vouchers 1 found"])
                #expect(findings(given, .cities).contains("merchants 1 found"))
                let one = try await client.call(
                    GetPrivacyRequest(requestId: export.requestId, service: .notifications))
                #expect(one.answers.first?.data?.revealed.contains("Ana") == true)

                try await erase(ana, system, client)
                try await expectNothingComesBack(ana, client)
                try await eventually("no mail is left") { try mails(to: ana, in: system).isEmpty }
                let named = try await client.call(FindMerchants(text: "Kontakt")).merchants
                #expect(named.map(\.version) == [2] && named[0].merchant.contactPersonId == nil)
                let rows = try await reading(CountPerson(personId: ana), system.database(.notifications))
                #expect(rows == [0])
            }
        }

        @Test("the audit is whole until somebody changes a row")
        func audit() async throws {
            let system = try System.required
            try await Client.with(system) { client in
                _ = try await Shop.open(client, cities: 2, merchants: 3, values: [])
                try await eventually("all is sealed") {
                    try await client.call(GetStatus<CitiesService>()).audit?.length ?? 0 >= 5
                }
            }
            #expect(try await tool(["audit", "verify"], system).status == 0)
            let noted = try await tool(["audit", "verify", "cities", "--json"], system)
            #expect(noted.status == 0)
            let connection = try await Connection.connect(to: system.database(.cities), name: "system tests")
            try await connection.runScript("ALTER TABLE audit DISABLE TRIGGER USER")
            try await connection.runScript("UPDATE audit SET actor = 'somebody else' WHERE place = 2")
            let changed = try await tool(["audit", "verify", "cities"], system)
            #expect(changed.status == 1)
            #expect(changed.output.contains("cities: row 2 "), "\(changed.output)")
            try await connection.runScript("UPDATE audit SET actor = 'operator' WHERE place = 2")
            try await connection.runScript("ALTER TABLE audit ENABLE TRIGGER USER")
            await connection.close()
            #expect(try await tool(["audit", "verify", "cities"], system).status == 0)
        }

        // MARK: Steps

        /// A contact, a registration and a voucher; two mails come of it.
        private func live(_ person: UUID, _ client: Client) async throws {
            _ = try await client.call(contact(person))
            let event = PublishEvent(
                eventId: UUID(), cityIds: [UUID()], title: LocalizedText(["de": "Markt"]),
                startsAt: Timestamp(Date().addingTimeInterval(30 * 86_400)), timeZone: "Europe/Vienna", capacity: 5)
            _ = try await client.call(event)
            _ = try await client.call(
                RegisterForEvent(registrationId: UUID(), eventId: event.eventId, personId: person, party: 2))
            let shop = try await Shop.open(client, values: [])
            _ = try await client.call(merchant(in: shop.cities[0], speakingTo: person))
            _ = try await client.callUntilKnown(
                IssueVoucher(
                    issueId: UUID(), issuerCityId: shop.cities[0], value: Money(2_000, "EUR"), personId: person))
        }

        private func merchant(in city: UUID, speakingTo person: UUID) -> RegisterMerchant {
            RegisterMerchant(
                MerchantFacts(merchantId: UUID(), cityId: city, name: "Kontakt", contactPersonId: person))
        }

        private func erase(_ person: UUID, _ system: System, _ client: Client) async throws {
            let events = try RunningServices.required.instance(.events)
            _ = try await events.stop()
            let request = RequestErasure(requestId: UUID(), personId: person, reason: "asked for by letter")
            _ = try await client.call(request)
            try await eventually(within: .seconds(30), "three have answered") {
                try await client.call(GetPrivacyRequest(requestId: request.requestId)).answers.count == 3
            }
            let open = try await client.call(GetPrivacyRequest(requestId: request.requestId))
            #expect(open.completedAt == nil && !open.answers.contains { $0.service == .events })
            try events.start()
            _ = try await events.waitUntilReady()
            let done = try await completion(of: request.requestId, client)
            #expect(findings(done, .notifications) == ["contact 1 erased", "notifications 2 erased"])
            #expect(findings(done, .events) == ["registrations 1 erased"])
            #expect(findings(done, .vouchers) == ["vouchers 1 kept"])
            #expect(findings(done, .cities).contains("merchants 1 erased"))
            // The same request again has the same answer, and does nothing.
            #expect(try await client.call(request).isComplete)
        }

        private func expectNothingComesBack(_ person: UUID, _ client: Client) async throws {
            #expect(try await client.refusal(of: contact(person))?.code == "person-erased")
            let registration = RegisterForEvent(registrationId: UUID(), eventId: UUID(), personId: person, party: 1)
            #expect(try await client.refusal(of: registration)?.code == "person-erased")
            #expect(
                try await client.refusal(of: merchant(in: UUID(), speakingTo: person))?.code == "person-erased",
                "before anybody asks whether there is such a city")
            let again = RequestExport(requestId: UUID(), personId: person, reason: "to be sure")
            _ = try await client.call(again)
            let given = try await completion(of: again.requestId, client)
            #expect(findings(given, .notifications).isEmpty && findings(given, .events).isEmpty)
            #expect(findings(given, .vouchers) == ["vouchers 1 found"])
        }

        private func completion(of requestId: UUID, _ client: Client) async throws -> GetPrivacyRequest.Reply {
            try await eventually(within: .seconds(60), "all four have answered") {
                try await client.call(GetPrivacyRequest(requestId: requestId)).completedAt != nil
            }
            return try await client.call(GetPrivacyRequest(requestId: requestId))
        }

        private func findings(_ reply: GetPrivacyRequest.Reply, _ service: ServiceName) -> [String] {
            reply.answers.filter { $0.service == service }.flatMap(\.findings)
                .map { "\($0.category) \($0.count) \($0.outcome.rawValue)" }
        }

        private func contact(_ person: UUID) -> SetContact {
            SetContact(personId: person, email: address(person), name: "Ana", language: "de")
        }

        private func address(_ person: UUID) -> String { "\(person.uuidString.lowercased())@example.org" }

        private func mails(to person: UUID, in system: System) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: system.mailFolder).filter { $0.hasSuffix(".eml") }
                .map {
                    String(
                        decoding: try Data(contentsOf: URL(filePath: system.mailFolder).appending(path: $0)),
                        as: UTF8.self)
                }
                .filter { $0.contains(address(person)) }
        }

        private func reading<S: Statement>(_ statement: S, _ database: DatabaseAddress) async throws -> [S.Row] {
            let connection = try await Connection.connect(to: database, name: "system tests")
            do {
                let rows = try await connection.execute(statement)
                await connection.close()
                return rows
            } catch {
                await connection.close()
                throw error
            }
        }

        private func tool(_ arguments: [String], _ system: System) async throws -> Program.Result {
            try await Program.run(
                "\(system.programs)/citycoop", arguments, environment: system.operatorEnvironment)
        }
    }
}
