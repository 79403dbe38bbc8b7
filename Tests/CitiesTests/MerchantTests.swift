import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Merchants from their registration to their closing, on a real database.
@Suite struct MerchantTests {
    private let city = sampleCity("ormoz")
    private let iban = Secret("SI56263300012039086")

    private func withCity(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city), RegisterCity(sampleCity("ptuj"))])
            try await body(bench)
        }
    }

    private func get(_ id: UUID, _ bench: HandlerBench) async throws -> GetMerchant.Reply {
        try await bench.ask(GetMerchantByID(), GetMerchant(merchantId: id))
    }

    @Test func everythingThatIsSaidIsKept() async throws {
        try await withCity { bench in
            let facts = sampleMerchant(in: city.cityId)
            let command = RegisterMerchant(facts, iban: iban)
            let outcome = try await bench.run(RegisterMerchants(), [command])
            let event = try #require(try outcome.events(MerchantRegistered.self).first)
            #expect(event.branches == facts.branches && event.feeBasisPoints == 150 && event.contract == facts.contract)
            #expect(!String(decoding: outcome.events[0].body, as: UTF8.self).contains("9086"))
            let reply = try await get(facts.merchantId, bench)
            #expect(reply.merchant == facts && reply.ibanMasked == "SI** **** … 9086" && reply.closedFrom == nil)

            let account = try await bench.ask(
                GetAccountOfMerchant(accounts: .sample), GetMerchantAccount(merchantId: facts.merchantId))
            #expect(account.iban == iban && account.name == facts.name)

            var other = command
            other.iban = Secret("AT611904300234573201")
            let again = try await bench.run(RegisterMerchants(), [command, other])
            #expect(try again.reply(0, to: RegisterMerchant.self).version == 1 && again.events.count == 1)
            #expect(again.problem(1)?.code == "merchant-differs")
        }
    }

    @Test func accountsAreForServicesAndOpenOnlyForTheirMerchant() async throws {
        guard let number = IBAN(iban.revealed) else { return }
        let (one, other) = (UUID(), UUID())
        let account = try BankAccounts.sample.account(number, of: one)
        #expect(account.sealed.count > 20 && !account.sealed.contains(Array("26330001".utf8)))
        #expect(try BankAccounts.sample.number(account, of: one) == iban)
        #expect(throws: (any Error).self) { try BankAccounts.sample.number(account, of: other) }
        try await withCity { bench in
            let problem = await #expect(throws: Problem.self) {
                try await bench.ask(
                    GetAccountOfMerchant(accounts: .sample), GetMerchantAccount(merchantId: one))
            }
            #expect(problem?.code == "account-unknown")
        }
    }

    @Test func aRevisionReplacesWhatIsKnown() async throws {
        try await withCity { bench in
            var facts = sampleMerchant(in: city.cityId)
            _ = try await bench.run(RegisterMerchants(), [RegisterMerchant(facts, iban: iban)])
            facts.name = "Bukvarna"
            facts.branches = []
            facts.feeBasisPoints = nil
            let revise = ReviseMerchants(accounts: .sample)
            let first = ReviseMerchant(facts, expectedVersion: 1)
            let outcome = try await bench.run(revise, [first, first])
            #expect(try (0...1).map { try outcome.reply($0, to: ReviseMerchant.self).version } == [2, 2])
            #expect(try outcome.events(MerchantRegistered.self).map(\.version) == [2])
            #expect(outcome.events.map(\.sequence) == [2])
            #expect(try await get(facts.merchantId, bench).merchant == facts)
            #expect(try await get(facts.merchantId, bench).ibanMasked != nil, "absent leaves the account")

            facts.name = "Papirnica"
            let late = try await bench.run(revise, [ReviseMerchant(facts, expectedVersion: 1), first])
            #expect(late.problem(0)?.code == "version-differs")
            #expect(late.problem(0)?.fields == ["expectedVersion": "2"])
            #expect(try late.reply(1, to: ReviseMerchant.self).version == 2 && late.events.isEmpty)

            let removed = try await bench.run(
                revise, [ReviseMerchant(facts, expectedVersion: 2, iban: Secret(""))])
            #expect(try removed.reply(to: ReviseMerchant.self).version == 3)
            #expect(try await get(facts.merchantId, bench).ibanMasked == nil)
        }
    }

    @Test func aBodyThatLiesAboutTheCityFindsNothing() async throws {
        try await withCity { bench in
            let facts = sampleMerchant(in: city.cityId)
            _ = try await bench.run(RegisterMerchants(), [RegisterMerchant(facts)])
            var elsewhere = facts
            elsewhere.cityId = UUID()
            var nowhere = facts
            nowhere.merchantId = UUID()
            let revised = try await bench.run(
                ReviseMerchants(accounts: .sample),
                [ReviseMerchant(elsewhere, expectedVersion: 1), ReviseMerchant(nowhere, expectedVersion: 1)])
            #expect(revised.problem(0) == revised.problem(1) && revised.problem(0)?.code == "merchant-unknown")
            let day = try #require(Day("2027-01-01"))
            let closed = try await bench.run(
                CloseMerchants(accounts: .sample),
                [
                    CloseMerchant(merchantId: facts.merchantId, cityId: UUID(), from: day),
                    CloseMerchant(merchantId: UUID(), cityId: city.cityId, from: day),
                ])
            #expect(closed.problem(0) == closed.problem(1) && closed.problem(0)?.code == "merchant-unknown")
            #expect(revised.events.isEmpty && closed.events.isEmpty)
        }
    }

    @Test func aMerchantIsClosedFromADayThatMayMove() async throws {
        try await withCity { bench in
            let facts = sampleMerchant(in: city.cityId)
            _ = try await bench.run(RegisterMerchants(), [RegisterMerchant(facts)])
            let days = try [#require(Day("2027-01-01")), #require(Day("2026-12-01"))]
            let close = days.map { CloseMerchant(merchantId: facts.merchantId, cityId: city.cityId, from: $0) }
            let outcome = try await bench.run(CloseMerchants(accounts: .sample), [close[0], close[0], close[1]])
            #expect(try (0...2).map { try outcome.reply($0, to: CloseMerchant.self).version } == [2, 2, 3])
            #expect(try outcome.events(MerchantRegistered.self).map(\.closedFrom) == days)
            #expect(try await get(facts.merchantId, bench).closedFrom == days[1])
            let again = try await bench.run(
                RepublishState(), [Republish(requestId: UUID(), kind: .merchants)])
            #expect(try again.events(MerchantRegistered.self).map(\.closedFrom) == [days[1]])
        }
    }

    @Test func twoEditorsCannotBothBeRight() async throws {
        try await withCity { bench in
            let facts = sampleMerchant(in: city.cityId)
            _ = try await bench.run(RegisterMerchants(), [RegisterMerchant(facts)])
            let commands = ["One", "Other"].map { name in
                var revised = facts
                revised.name = name
                return ReviseMerchant(revised, expectedVersion: 1)
            }
            async let one = bench.run(ReviseMerchants(accounts: .sample), [commands[0]])
            async let other = bench.run(ReviseMerchants(accounts: .sample), [commands[1]])
            let codes = [try await one.problem()?.code, try await other.problem()?.code]
            #expect(codes.contains(nil) && codes.contains("version-differs"), "\(codes)")
        }
    }
}
