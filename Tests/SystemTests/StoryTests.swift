import AMQP
import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// What the suite is there for, from end to end.
    @Suite("Story", .serialized, .running("story", .cities, .vouchers, .events, .notifications))
    struct StoryTests {
        @Test("a voucher issued in one city is spent in another, once")
        func voucher() async throws {
            try await Client.with(try System.required) { client in
                let shop = try await Shop.open(client, values: [5_000])
                let card = shop.cards[0]
                // Issued in the first city; the second merchant is in the second.
                let redemption = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(card.code), merchantId: shop.merchants[1],
                    amount: Money(3_000, "EUR"))
                let receipt = try await client.callUntilKnown(redemption)
                #expect(receipt.balance == Money(2_000, "EUR"))
                #expect(receipt.voucherId == card.voucherId)

                var second = redemption
                second.redemptionId = UUID()
                #expect(try await client.refusal(of: second)?.code == "insufficient-balance")
                #expect(try await client.call(redemption) == receipt, "the same redemption under a new message id")
                var other = redemption
                other.amount = Money(1, "EUR")
                #expect(try await client.refusal(of: other)?.code == "redemption-differs")

                let balance = try await client.call(GetBalance(code: Secret(card.code.lowercased())))
                #expect(balance.balance == Money(2_000, "EUR"))
                let ledger = try await client.call(GetLedger())
                #expect(ledger.balanced)
                #expect(ledger.lines.reduce(0) { $0 + $1.sum } == 0)
            }
        }

        @Test("a city is found in any language and without its marks")
        func find() async throws {
            try await Client.with(try System.required) { client in
                let id = UUID()
                let names = [
                    CityName(language: "sl", name: "Ormož", kind: .official),
                    CityName(language: "de", name: "Friedau", kind: .exonym),
                ]
                _ = try await client.call(RegisterCity(.sample(id, slug: "ormoz", names: names)))
                for name in ["ormoz", "ORMOŽ", "friedau"] {
                    let found = try await client.call(FindCities(text: name))
                    #expect(found.cities.map(\.cityId) == [id], "\(name)")
                }
                let similar = try await client.call(FindCities(text: "ormosz"))
                #expect(similar.cities.map(\.cityId) == [id] && similar.isSimilar == true)
                let map = try await client.call(FindCitiesGeoJSON(text: "ormoz"))
                #expect(map.features.map(\.geometry.coordinates) == [[15.61667, 47.21667]])
            }
        }

        @Test("a figure is set, and its history remembers what it was")
        func figure() async throws {
            try await Client.with(try System.required) { client in
                let city = UUID()
                _ = try await client.call(RegisterCity(.sample(city, slug: "figures")))
                let period = try #require(IndicatorPeriod("2024-Q3"))
                for text in ["12.50", "12.5"] {
                    let value = SetIndicator.Value(
                        indicator: "vacancy-rate", period: period, value: try #require(DecimalNumber(text)), unit: "%",
                        source: "city office", status: .final)
                    let command = SetIndicator(cityId: city, values: [value], reason: "counted")
                    #expect(try await client.call(command) == SetIndicator.Reply(set: 1, unchanged: 0))
                }
                let present = try await client.call(FindIndicators(cityId: city))
                #expect(present.values.map(\.value.rawValue) == ["12.5"] && present.values.map(\.version) == [2])
                let history = try await client.call(
                    GetIndicatorHistory(cityId: city, indicator: "vacancy-rate", period: period))
                #expect(history.revisions.map(\.value.rawValue) == ["12.5", "12.50"])
                #expect(history.revisions.allSatisfy { $0.setBy == Topology.Names.operatorUser })
            }
        }

        @Test("who waits is promoted, and everybody is told in their own language")
        func promotion() async throws {
            let system = try System.required
            let registered = Person("Anna", "de")
            let promoted = Person("Žiga", "sl")
            let buyer = Person("Győző", "hu")
            let code = try await Client.with(system) { client in
                _ = try await client.call(registered.contact)
                _ = try await client.call(promoted.contact)
                _ = try await client.call(buyer.contact)
                try await fillAndFreeTheOnlySeat(registered, promoted, client)
                return try await buyAndSpend(buyer, client)
            }
            try await expectMails(1, to: registered, without: code, system)
            try await expectMails(2, to: promoted, without: code, system)
            try await expectMails(2, to: buyer, without: code, system)
        }

        private func expectMails(_ count: Int, to person: Person, without code: String, _ system: System) async throws {
            try await eventually(within: .seconds(30), "\(count) mails to \(person.name)") {
                try mails(to: person, in: system).count >= count
            }
            let found = try mails(to: person, in: system)
            #expect(found.count == count)
            for mail in found {
                #expect(mail.contains("Content-Language: \(person.language)\r\n"))
                #expect(!mail.contains(code))
            }
        }

        private func fillAndFreeTheOnlySeat(_ first: Person, _ second: Person, _ client: Client) async throws {
            let event = PublishEvent(
                eventId: UUID(), cityIds: [UUID()],
                title: LocalizedText(["de": "Adventmarkt", "sl": "Adventna tržnica"]),
                startsAt: Timestamp(Date().addingTimeInterval(30 * 86_400)), timeZone: "Europe/Ljubljana", capacity: 1)
            _ = try await client.call(event)
            let taking = registration(of: first, for: event)
            let taken = try await client.call(taking)
            #expect(taken.outcome == .registered)
            let waiting = try await client.call(registration(of: second, for: event))
            #expect(waiting.outcome == .waitlisted)
            let freed = try await client.call(
                CancelRegistration(registrationId: taking.registrationId, eventId: event.eventId))
            #expect(freed.promoted == 1)
            let there = try await client.call(GetEvent(eventId: event.eventId))
            #expect(there.taken == 1)
            #expect(there.waiting == 0)
        }

        private func buyAndSpend(_ person: Person, _ client: Client) async throws -> String {
            let shop = try await Shop.open(client, values: [])
            let voucher = try await client.callUntilKnown(
                IssueVoucher(
                    issueId: UUID(), issuerCityId: shop.cities[0], value: Money(2_000, "EUR"), personId: person.id))
            _ = try await client.callUntilKnown(
                RedeemVoucher(
                    redemptionId: UUID(), code: voucher.code, merchantId: shop.merchants[0], amount: Money(500, "EUR")))
            return voucher.code.revealed
        }

        /// Somebody who is told things.
        private struct Person {
            let id = UUID()
            let name: String
            let language: String

            init(_ name: String, _ language: String) {
                self.name = name
                self.language = language
            }

            var email: String { "\(id.uuidString.lowercased())@example.org" }
            var contact: SetContact { SetContact(personId: id, email: email, name: name, language: language) }
        }

        private func registration(of person: Person, for event: PublishEvent) -> RegisterForEvent {
            RegisterForEvent(registrationId: UUID(), eventId: event.eventId, personId: person.id, party: 1)
        }

        /// The mails to a person that lie in the folder of notifications.
        private func mails(to person: Person, in system: System) throws -> [String] {
            let folder = URL(filePath: system.mailFolder)
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".eml") }
                .map { String(decoding: try Data(contentsOf: folder.appending(path: $0)), as: UTF8.self) }
                .filter { $0.contains(person.email) }
        }

        @Test("the operator's tool finds nothing wrong with the broker, and sees every service")
        func tool() async throws {
            let system = try System.required
            for arguments in [["topology", "verify"], ["status"], ["audit", "verify"]] {
                let result = try await Program.run(
                    "\(system.programs)/citycoop", arguments, environment: system.operatorEnvironment)
                #expect(result.status == 0, "\(arguments): \(result.output)")
            }
        }

        @Test("a request that nobody answers to comes back at once")
        func unroutable() async throws {
            try await Client.with(try System.required) { client in
                let start = ContinuousClock.now
                do {
                    _ = try await client.requester.call("vouchers.dance.v1", body: Array("{}".utf8))
                    Issue.record("there was an answer")
                } catch RequestError.unroutable {
                }
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }

        @Test("SIGTERM loses nothing, ends in bounded time, and the next start is ready within seconds")
        func stop() async throws {
            let system = try System.required
            let vouchers = try RunningServices.required.instance(.vouchers)
            try await Client.with(system) { client in
                let shop = try await Shop.open(client, values: [1_000_000])
                let sales = 2_000
                let sending = Task { await sell(sales, shop, client) }
                try await eventually(within: .seconds(30), "some of the redemptions") {
                    try await outcomes(system) > sales / 20
                }
                let (status, duration) = try await vouchers.stop()
                #expect(status == 0, "\(vouchers.lastLines)")
                #expect(duration < .seconds(20))
                try vouchers.start()
                let ready = try await vouchers.waitUntilReady()
                print("  SIGTERM to the end \(duration.rounded), start to ready \(ready.rounded)")
                #expect(ready < .seconds(10))
                #expect(await sending.value == sales)
                try await eventually(within: .seconds(60), "every redemption to have an outcome") {
                    try await client.call(GetBalance(code: Secret(shop.cards[0].code))).balance.amount
                        == shop.cards[0].value - Int64(sales)
                }
            }
        }

        @Test("a service that is started before its servers waits for them")
        func startFirst() async throws {
            let system = try System.required
            let broker = try TCPProxy(to: system.administrator.port)
            let database = try TCPProxy(to: system.servers.databasePort)
            let early = try ServiceProcess(
                .vouchers, number: 2, of: system, brokerPort: broker.port, databasePort: database.port)
            try early.start()
            do {
                try await eventually("it to say that it is not ready") {
                    try early.requireRunning()
                    return await early.health.status == 503
                }
                try await database.whileListening {
                    try await eventually("its database to be there") {
                        try early.requireRunning()
                        return await early.health.body.contains(#""name":"database","ok":true"#)
                    }
                    try await broker.whileListening {
                        let ready = try await early.waitUntilReady(within: .seconds(30))
                        print("  the servers are there to ready \(ready.rounded)")
                        let (status, _) = try await early.stop()
                        #expect(status == 0, "\(early.lastLines)")
                    }
                }
            } catch {
                try? await early.kill()
                throw error
            }
        }

        @Test("a service that never found its servers stops when it is told to")
        func stopBeforeStart() async throws {
            let system = try System.required
            let nowhere = try Loopback.freePort()
            let early = try ServiceProcess(
                .vouchers, number: 3, of: system, brokerPort: nowhere, databasePort: nowhere)
            try early.start()
            try await eventually("it to say that it is not ready") {
                try early.requireRunning()
                return await early.health.status == 503
            }
            let (status, duration) = try await early.stop()
            #expect(status == 0, "\(early.lastLines)")
            #expect(duration < .seconds(15))
        }

        /// Sends so many redemptions of one cent; returns how many were confirmed.
        private func sell(_ count: Int, _ shop: Shop, _ client: Client) async -> Int {
            let type = RedeemVoucher.type.description
            let messages = (0..<count).map { _ in
                let command = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(shop.cards[0].code), merchantId: shop.merchants[0],
                    amount: Money(1, "EUR"))
                return OutgoingMessage(
                    exchange: Topology.Names.commands, routingKey: type,
                    properties: Properties(
                        contentType: "application/json", deliveryMode: 2, messageID: UUID().uuidString, type: type),
                    body: [UInt8]((try? JSONEncoder().encode(command)) ?? Data()))
            }
            return await client.publisher.publish(messages).filter { $0 == .confirmed }.count
        }

        private func outcomes(_ system: System) async throws -> Int64 {
            let connection = try await Connection.connect(to: system.database(.vouchers), name: "story")
            let count: Int64 = try await connection.execute(AuditOutcomes()).first ?? 0
            await connection.close()
            return count
        }
    }
}
