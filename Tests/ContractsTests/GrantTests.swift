import Contracts
import FoundationEssentials
import Testing

/// What a grant must say, and must not.
@Suite struct GrantTests {
    private func mistakes(_ change: (inout Grant) -> Void, role: Role) -> Set<String> {
        var grant = Grant(grantId: UUID(), userId: "somebody", role: role)
        change(&grant)
        do {
            try GrantAccess(grant).validate()
            return []
        } catch {
            #expect(error.code == "invalid")
            return Set((error.fields ?? [:]).keys)
        }
    }

    @Test func everyRoleNeedsItsBoundsAndNoOthers() {
        /// What each role must have, and what it may.
        let needs: [Role: (must: Set<String>, may: Set<String>)] = [
            .administrator: ([], []), .service: ([], []), .cityEditor: (["cityId"], []),
            .merchant: (["merchantId"], []), .terminal: (["merchantId"], ["terminalId"]),
            .integrator: (["messageTypes"], ["cityId", "merchantId"]),
        ]
        let fields: [(String, (inout Grant) -> Void)] = [
            ("cityId", { $0.cityId = UUID() }), ("merchantId", { $0.merchantId = UUID() }),
            ("terminalId", { $0.terminalId = UUID() }),
            ("messageTypes", { $0.messageTypes = [GetLedger.type.description] }),
        ]
        for role in Role.allCases {
            guard let (must, may) = needs[role] else {
                Issue.record("\(role) is not in the table")
                continue
            }
            for chosen in 0..<(1 << fields.count) {
                let given = fields.enumerated().filter { chosen >> $0.offset & 1 == 1 }.map(\.element)
                let names = Set(given.map(\.0))
                var expected = must.subtracting(names).union(names.subtracting(must).subtracting(may))
                if role == .integrator && names.isSuperset(of: ["cityId", "merchantId"]) {
                    expected.insert("merchantId")
                }
                let found = mistakes({ grant in for (_, set) in given { set(&grant) } }, role: role)
                #expect(found == expected, "\(role) with \(names)")
            }
        }
    }

    @Test func anIntegratorIsGivenTypesThatThereAre() {
        func isRight(_ types: [String]) -> Bool { mistakes({ $0.messageTypes = types }, role: .integrator).isEmpty }
        #expect(isRight(["vouchers.redeem.v1", "vouchers.get-balance.v1"]))
        for types in [
            [], ["vouchers.redeemed.v1"], ["vouchers.redeem.v2"], ["vouchers.*"], [""], ["vouchers.redeem.v1 "],
            ["cities.grant-access.v1"], ["vouchers.redeem.v1", "cities.revoke-access.v1"],
            Array(repeating: "vouchers.redeem.v1", count: 51),
        ] {
            #expect(!isRight(types), "\(types)")
        }
    }

    @Test func aGrantNamesAUserAndATimeThatThereIs() {
        #expect(mistakes({ $0.userId = "" }, role: .administrator) == ["userId"])
        #expect(mistakes({ $0.userId = "a\u{0}" }, role: .administrator) == ["userId"])
        #expect(mistakes({ $0.userId = String(repeating: "ž", count: 200) }, role: .administrator) == ["userId"])
        let moment = Timestamp(milliseconds: 1_000)
        #expect(mistakes({ ($0.from, $0.until) = (moment, moment) }, role: .administrator) == ["until"])
        let long = GrantAccess(
            Grant(grantId: UUID(), userId: "x", role: .administrator), reason: String(repeating: "ž", count: 251))
        #expect(throws: Problem.self) { try long.validate() }
        #expect(throws: Problem.self) { try RevokeAccess(grantId: UUID(), reason: "a\nb").validate() }
        #expect(throws: Never.self) { try RevokeAccess(grantId: UUID()).validate() }
    }
}
