import AMQP
import Contracts
import Foundation
import ManagementAPI
import TestKit
import Testing

extension SystemTests {
    /// Tills and city offices with broker users of their own, and what they may do.
    @Suite("Access", .serialized, .running("access", .cities, .vouchers))
    struct AccessTests {
        @Test("a till redeems for its merchant once it may, for no other, and no more when it may not")
        func till() async throws {
            let system = try System.required
            let till = try await system.makeUser("access-till")
            try await Client.with(system) { operators in
                let shop = try await Shop.open(operators, cities: 1, merchants: 2, values: [10_000])
                let grant = Grant(
                    grantId: UUID(), userId: till.user, role: .terminal, merchantId: shop.merchants[0],
                    terminalId: UUID())
                try await Client.with(system, as: till) { till in
                    let first = redemption(shop, at: 0)
                    #expect(try await till.refusal(of: first)?.code == "not-allowed")
                    let failure = try await operators.failures(code: "not-allowed").first
                    #expect(failure?.userId == grant.userId && failure?.type == RedeemVoucher.type.description)
                    #expect(try await till.refusal(of: FindGrants())?.code == "not-allowed")
                    #expect(try await till.refusal(of: GrantAccess(grant))?.code == "not-allowed")

                    _ = try await operators.call(GrantAccess(grant, reason: "system test"))
                    try await eventually(within: .seconds(30), "the grant to arrive") {
                        try await till.refusal(of: first) == nil
                    }
                    #expect(try await till.refusal(of: redemption(shop, at: 1))?.code == "not-allowed")
                    let balance = try await till.call(GetBalance(code: Secret(shop.cards[0].code))).balance
                    #expect(balance.amount == shop.cards[0].value - first.amount.amount)

                    _ = try await operators.call(RevokeAccess(grantId: grant.grantId, reason: "system test"))
                    try await eventually(within: .seconds(30), "the revocation to arrive") {
                        try await till.refusal(of: redemption(shop, at: 0))?.code == "not-allowed"
                    }
                }
                let found = try await operators.call(FindGrants(userId: grant.userId))
                #expect(found.grants == [AccessGranted(grant, version: 2, revoked: true)])
            }
        }

        private func redemption(_ shop: Shop, at merchant: Int) -> RedeemVoucher {
            RedeemVoucher(
                redemptionId: UUID(), code: Secret(shop.cards[0].code), merchantId: shop.merchants[merchant],
                amount: Money(100, "EUR"))
        }

        @Test("an editor acts for one city, whatever the body says")
        func editor() async throws {
            let system = try System.required
            let user = try await system.makeUser("access-editor")
            try await Client.with(system) { operators in
                let shop = try await Shop.open(operators, cities: 2, merchants: 0, values: [])
                let grant = Grant(grantId: UUID(), userId: user.user, role: .cityEditor, cityId: shop.cities[0])
                _ = try await operators.call(GrantAccess(grant))
                try await Client.with(system, as: user) { editor in
                    func merchant(_ city: Int) -> RegisterMerchant {
                        RegisterMerchant(merchantId: UUID(), cityId: shop.cities[city], name: "Shop")
                    }
                    func voucher(_ city: Int) -> IssueVoucher {
                        IssueVoucher(issueId: UUID(), issuerCityId: shop.cities[city], value: Money(1_000, "EUR"))
                    }
                    // Cities has the grant itself: it holds as soon as it is given.
                    #expect(try await editor.refusal(of: merchant(0)) == nil)
                    #expect(try await editor.refusal(of: merchant(1))?.code == "not-allowed")
                    try await eventually(within: .seconds(30), "the grant to arrive") {
                        try await editor.refusal(of: voucher(0)) == nil
                    }
                    #expect(try await editor.refusal(of: voucher(1))?.code == "not-allowed")
                    #expect(try await editor.refusal(of: GetLedger())?.code == "not-allowed")
                }
            }
        }
    }
}

extension System {
    /// Makes a broker user for a till or an office, which may send requests and hear their answers.
    func makeUser(_ name: String) async throws -> BrokerAddress {
        let management = servers.management
        var address = administrator
        (address.user, address.password) = (name, "password-of-\(name)")
        try await management.putUser(name, password: address.password)
        try await management.putPermissions(
            Permissions(
                configure: "^reply\\..*$", write: "^(reply\\..*|citycoop\\.(commands|requests))$",
                read: "^reply\\..*$"),
            of: name, in: self.name)
        return address
    }
}
