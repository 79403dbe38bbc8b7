import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// Who may send what, decided on grants by the thousand.
@Suite struct AccessRuleTests {
    /// A message with its rule, and what it is about.
    private struct Case {
        var type: String
        /// What besides administrators and integrators lets it through.
        var circle: Role?
        var cities: [UUID] = []
        var merchant: UUID?
        var isAllowed: @Sendable (Speaker) -> Bool

        init<M: Message>(
            _ message: M, _ rule: AccessRule<M>, _ circle: Role? = nil, cities: [UUID] = [], merchant: UUID? = nil
        ) {
            type = M.type.description
            self.circle = circle
            self.cities = cities
            self.merchant = merchant
            isAllowed = { rule.allows(message, from: $0) }
        }
    }

    private static let cities = (0..<3).map { _ in UUID() }
    private static let merchants = (0..<3).map { _ in UUID() }
    private static let users = ["till", "editor", "bank"]
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func anyCase(_ generator: inout SeededGenerator) -> Case {
        let city = Self.cities.randomElement(using: &generator) ?? UUID()
        let merchant = Self.merchants.randomElement(using: &generator) ?? UUID()
        switch Int.random(in: 0..<5, using: &generator) {
        case 0:
            return Case(
                IssueVoucher(issueId: UUID(), issuerCityId: city, value: Money(1, "EUR")),
                .editors { $0.issuerCityId }, .cityEditor, cities: [city])
        case 1:
            let redeem = RedeemVoucher(
                redemptionId: UUID(), code: Secret("x"), merchantId: merchant, amount: Money(1, "EUR"))
            return Case(redeem, .merchant { $0.merchantId }, .merchant, merchant: merchant)
        case 2:
            let several = Array(
                Self.cities.shuffled(using: &generator).prefix(Int.random(in: 0...3, using: &generator)))
            let event = PublishEvent(
                eventId: UUID(), cityIds: several, title: [:], startsAt: Self.now, timeZone: "Europe/Vienna",
                capacity: 1)
            return Case(event, .editors(ofEach: { $0.cityIds }), .cityEditor, cities: several)
        case 3: return Case(Republish(requestId: UUID(), kind: .grants), .services, .service)
        default: return Case(GetLedger(), .administrators)
        }
    }

    private func anyGrant(_ generator: inout SeededGenerator) -> Grant {
        let types = [IssueVoucher.type, RedeemVoucher.type, PublishEvent.type, Republish.type, GetLedger.type]
        func moment() -> Timestamp? {
            let distance = Int64.random(in: -2...2, using: &generator)
            return Bool.random(using: &generator) ? Timestamp(milliseconds: Self.now.milliseconds + distance) : nil
        }
        return Grant(
            grantId: UUID(), userId: Self.users.randomElement(using: &generator) ?? "",
            role: Role.allCases.randomElement(using: &generator) ?? .service,
            cityId: Bool.random(using: &generator) ? Self.cities.randomElement(using: &generator) : nil,
            merchantId: Bool.random(using: &generator) ? Self.merchants.randomElement(using: &generator) : nil,
            messageTypes: types.shuffled(using: &generator).prefix(2).map(\.description), from: moment(),
            until: moment())
    }

    /// What one grant that holds gives, in other words than the rule's own.
    private func gives(_ grant: Grant, _ asked: Case) -> Bool {
        let isItsCity = !asked.cities.isEmpty && Set(asked.cities) == Set([grant.cityId].compactMap { $0 })
        let isItsMerchant = asked.merchant != nil && asked.merchant == grant.merchantId
        return switch grant.role {
        case .administrator: true
        case .service: asked.circle == .service
        case .cityEditor: isItsCity
        case .merchant, .terminal: isItsMerchant
        case .integrator:
            grant.messageTypes?.contains(asked.type) == true && (grant.cityId == nil || isItsCity)
                && (grant.merchantId == nil || isItsMerchant)
        }
    }

    private func isAllowed(_ asked: Case, _ user: String?, _ grants: [Grant]) -> Bool {
        asked.isAllowed(AccessPolicy().speaker(user, holding: grants, at: Self.now.date))
    }

    @Test func aMessageIsAllowedByOneGrantThatIsForIt() {
        var generator = SeededGenerator()
        var allowed = 0
        for _ in 0..<20_000 {
            let asked = anyCase(&generator)
            let user = Self.users.randomElement(using: &generator) ?? ""
            let grants = (0..<Int.random(in: 0...6, using: &generator)).map { _ in anyGrant(&generator) }
            let held = grants.filter { grant in
                grant.userId == user && (grant.from ?? Self.now) <= Self.now
                    && (grant.until.map { $0 > Self.now } ?? true)
            }
            var expected = held.contains { gives($0, asked) }
            // An event of several cities takes an editor of each, be it by several grants.
            let edited = Set(held.filter { $0.role == .cityEditor }.compactMap(\.cityId))
            if !asked.cities.isEmpty && edited.isSuperset(of: asked.cities) { expected = true }
            #expect(isAllowed(asked, user, grants) == expected, "\(asked.type) \(held)")
            if expected { allowed += 1 }
            // Nothing is taken away by what is granted besides, and nobody has anything by being nobody.
            if expected { #expect(isAllowed(asked, user, grants + [anyGrant(&generator)])) }
            #expect(!isAllowed(asked, nil, grants))
        }
        #expect((2_000..<18_000).contains(allowed), "\(allowed) of 20000: the rest proves little")
    }

    @Test func aGrantHoldsFromItsFirstMomentToBeforeItsLast() {
        let before = Timestamp(milliseconds: Self.now.milliseconds - 1)
        let after = Timestamp(milliseconds: Self.now.milliseconds + 1)
        func holds(_ from: Timestamp?, _ until: Timestamp?) -> Bool {
            let grant = Grant(grantId: UUID(), userId: "x", role: .administrator, from: from, until: until)
            return isAllowed(Case(GetLedger(), .administrators), "x", [grant])
        }
        #expect(holds(nil, nil) && holds(Self.now, nil) && holds(before, after) && holds(nil, after))
        #expect(!holds(after, nil) && !holds(nil, Self.now) && !holds(before, Self.now))
    }

    @Test func servicesAndTheFirstAdministratorNeedNoGrant() {
        let policy = AccessPolicy(administrator: "root")
        func isAllowed(_ user: String?, _ asked: Case) -> Bool {
            asked.isAllowed(policy.speaker(user, holding: [], at: Self.now.date))
        }
        let republish = Case(Republish(requestId: UUID(), kind: .grants), .services, .service)
        let ledger = Case(GetLedger(), .administrators)
        for service in ServiceName.allCases {
            #expect(isAllowed(service.rawValue, republish))
            #expect(isAllowed(service.rawValue, ledger) == (service == .vouchers), "it may send itself what it answers")
        }
        #expect(isAllowed("root", republish) && isAllowed("root", ledger))
        for user in ["operator", "", "Root", "root ", nil] {
            #expect(!isAllowed(user, republish) && !isAllowed(user, ledger))
        }
        // Without a setting there is no such user, least of all the one without a name.
        let nobody = AccessPolicy().speaker(nil, holding: [], at: Self.now.date)
        #expect(!ledger.isAllowed(nobody))
    }

    @Test func whatIsPublicIsEverybodys() {
        let asked = Case(FindCities(), .everyone)
        for user in [nil, "x", "cities"] { #expect(isAllowed(asked, user, [])) }
    }

    @Test func whatNamesNoCityOrMerchantIsAdministratorsAlone() {
        let grants = [
            Grant(grantId: UUID(), userId: "x", role: .cityEditor, cityId: Self.cities[0]),
            Grant(grantId: UUID(), userId: "x", role: .merchant, merchantId: Self.merchants[0]),
        ]
        #expect(!isAllowed(Case(GetLedger(), .editors { _ in nil }), "x", grants))
        #expect(!isAllowed(Case(GetLedger(), .editors(ofEach: { _ in [] })), "x", grants))
        #expect(!isAllowed(Case(GetLedger(), .merchant { _ in nil }), "x", grants))
        let administrator = Grant(grantId: UUID(), userId: "x", role: .administrator)
        #expect(isAllowed(Case(GetLedger(), .merchant { _ in nil }), "x", [administrator]))
    }
}
