import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// What whoever pays is told of accounts.
@Suite struct MerchantAccountTests {
    @Test func everyMerchantThatIsAskedForIsTold() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let city = sampleCity("ormoz")
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let (with, without) = (sampleMerchant(in: city.cityId), sampleMerchant(in: city.cityId))
            let iban = Secret("SI56263300012039086")
            _ = try await bench.run(
                RegisterMerchants(), [RegisterMerchant(with, iban: iban), RegisterMerchant(without)])
            let unknown = UUID()
            let ids = [with.merchantId, without.merchantId, unknown]
            let outcome = try await bench.run(
                TellMerchantAccounts(accounts: .sample), [AskMerchantAccounts(merchantIds: ids + ids)], user: "vouchers"
            )
            #expect(try outcome.reply(to: AskMerchantAccounts.self).merchants == 3)
            let told = try #require(try outcome.commands(TakeMerchantAccounts.self).first).accounts
            #expect(told.map(\.merchantId) == ids.sorted())
            #expect(told.first { $0.merchantId == with.merchantId }?.iban == iban)
            #expect(told.first { $0.merchantId == with.merchantId }?.address == with.branches.first?.address)
            #expect(told.filter { $0.iban == nil }.count == 2)
            #expect(told.first { $0.merchantId == unknown }?.version == 0)
        }
    }
}
