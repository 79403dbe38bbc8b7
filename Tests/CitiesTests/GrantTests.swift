import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Giving access and taking it back.
@Suite struct GrantTests {
    /// A city and a merchant that are registered.
    private struct Ground {
        let bench: HandlerBench
        let city = sampleCity("ormoz")
        let merchant = UUID()

        func editor(id: UUID = UUID(), user: String = "editor") -> Grant {
            Grant(grantId: id, userId: user, role: .cityEditor, cityId: city.cityId)
        }

        func till(of merchant: UUID? = nil) -> Grant {
            Grant(
                grantId: UUID(), userId: "till", role: .terminal, merchantId: merchant ?? self.merchant,
                terminalId: UUID())
        }

        func give(_ grants: [Grant]) async throws -> HandlerBench.Outcome {
            try await bench.run(GrantAccessToUsers(), grants.map { GrantAccess($0, reason: "test") })
        }

        func revoke(_ ids: [UUID]) async throws -> HandlerBench.Outcome {
            try await bench.run(RevokeAccessOfUsers(), ids.map { RevokeAccess(grantId: $0, reason: "test") })
        }

        func grants(of user: String? = nil) async throws -> [AccessGranted] {
            try await bench.ask(FindGrantsOfUsers(), FindGrants(userId: user, limit: 100)).grants
        }
    }

    private func withGround(_ body: (Ground) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let ground = Ground(bench: bench)
            _ = try await bench.run(RegisterCities(), [RegisterCity(ground.city)])
            _ = try await bench.run(
                RegisterMerchants(),
                [RegisterMerchant(merchantId: ground.merchant, cityId: ground.city.cityId, name: "Shop")])
            try await body(ground)
        }
    }

    @Test func aGrantIsSaidOnceAndKeptWhole() async throws {
        try await withGround { ground in
            var grants = [ground.editor(), ground.till(), ground.editor(user: "another")]
            grants.append(
                Grant(
                    grantId: UUID(), userId: "bank", role: .integrator, cityId: ground.city.cityId,
                    messageTypes: [GetLedger.type.description, IssueVoucher.type.description],
                    from: Timestamp("2026-12-01T08:30:00.123Z"), until: Timestamp("2027-12-01T08:30:00.456+01:00")))
            let outcome = try await ground.give(grants + [grants[0]])
            let said = grants.map { AccessGranted($0, version: 1, revoked: false) }
            #expect(try outcome.events(AccessGranted.self) == said)
            #expect(outcome.events.allSatisfy { $0.sequence == 1 })
            for (index, grant) in (grants + [grants[0]]).enumerated() {
                #expect(try outcome.reply(index, to: GrantAccess.self) == Registered(id: grant.grantId, version: 1))
            }
            #expect(try await ground.grants() == said.sorted { $0.grant.grantId < $1.grant.grantId })
            let again = try await ground.give([grants[3]])
            #expect(again.events.isEmpty)
            #expect(try again.reply(to: GrantAccess.self).version == 1)
        }
    }

    @Test func whatIsNotThereIsGivenToNobody() async throws {
        try await withGround { ground in
            var elsewhere = ground.editor()
            elsewhere.cityId = UUID()
            let known = ground.editor()
            var differing = known
            differing.userId = "thief"
            let outcome = try await ground.give([elsewhere, ground.till(of: UUID()), known, differing])
            #expect(outcome.problem(0)?.code == "city-unknown")
            #expect(outcome.problem(1)?.code == "merchant-unknown")
            #expect(outcome.problem(2) == nil)
            #expect(outcome.problem(3)?.code == "grant-differs")
            #expect(try await ground.give([differing]).problem()?.code == "grant-differs")
            #expect(try await ground.grants().map(\.grant) == [known])
        }
    }

    @Test func whatIsRevokedIsSoForEver() async throws {
        try await withGround { ground in
            let grants = [ground.editor(), ground.till()]
            _ = try await ground.give(grants)
            let outcome = try await ground.revoke([grants[1].grantId, UUID(), grants[1].grantId])
            let revoked = AccessGranted(grants[1], version: 2, revoked: true)
            #expect(try outcome.events(AccessGranted.self) == [revoked])
            #expect(try outcome.reply(0, to: RevokeAccess.self).version == 2)
            #expect(outcome.problem(1)?.code == "grant-unknown")
            #expect(try outcome.reply(2, to: RevokeAccess.self).version == 2)
            let again = try await ground.revoke([grants[1].grantId])
            #expect(again.events.isEmpty)
            #expect(try again.reply(to: RevokeAccess.self).version == 2)
            #expect(try await ground.give([grants[1]]).problem()?.code == "grant-revoked")
            #expect(try await ground.grants(of: "till") == [revoked])
            #expect(try await ground.grants(of: "editor").map(\.revoked) == [false])
        }
    }

    @Test func grantsAreListedPageByPage() async throws {
        try await withGround { ground in
            let grants = (0..<60).map { number in ground.editor(user: number.isMultiple(of: 2) ? "even" : "odd") }
            _ = try await ground.give(grants)
            var found: [UUID] = []
            var after: UUID?
            repeat {
                let page = try await ground.bench.ask(FindGrantsOfUsers(), FindGrants(userId: "odd", after: after))
                #expect(page.grants.count <= FindGrantsOfUsers.pageDefault)
                found += page.grants.map(\.grant.grantId)
                after = page.next
            } while after != nil
            #expect(found == grants.filter { $0.userId == "odd" }.map(\.grantId).sorted())
        }
    }

    @Test func everyGrantIsSaidAgainRevokedOnesAsWell() async throws {
        try await withGround { ground in
            let grants = (0..<1_200).map { _ in ground.editor() }
            for start in stride(from: 0, to: grants.count, by: 300) {
                _ = try await ground.give(Array(grants[start..<start + 300]))
            }
            _ = try await ground.revoke([grants[7].grantId])
            let request = Republish(requestId: UUID(), kind: .grants)
            let outcome = try await ground.bench.run(RepublishState(), [request])
            let said = try outcome.events(AccessGranted.self)
            #expect(said == (try await all(ground)))
            #expect(said.filter(\.revoked).map(\.grant) == [grants[7]])
            #expect(try outcome.events(Republished.self).map(\.count) == [1_200])
        }
    }

    private func all(_ ground: Ground) async throws -> [AccessGranted] {
        var found: [AccessGranted] = []
        var after: UUID?
        repeat {
            let page = try await ground.bench.ask(FindGrantsOfUsers(), FindGrants(limit: 100, after: after))
            found += page.grants
            after = page.next
        } while after != nil
        return found
    }

    @Test func twoInstancesGiveAndRevokeOnce() async throws {
        try await withGround { ground in
            let grant = ground.editor()
            async let one = ground.give([grant])
            async let other = ground.give([grant])
            let (first, second) = (try await one, try await other)
            #expect(first.events.count + second.events.count == 1)
            async let revoking = ground.revoke([grant.grantId])
            async let revokingToo = ground.revoke([grant.grantId])
            let (third, fourth) = (try await revoking, try await revokingToo)
            #expect(third.events.count + fourth.events.count == 1)
            #expect(try await ground.grants().map(\.version) == [2])
        }
    }
}
