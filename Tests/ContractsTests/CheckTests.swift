import Contracts
import FoundationEssentials
import Testing

/// What the Swift types of a message cannot say.
@Suite struct CheckTests {
    private func mistakes(_ check: (inout Checks) -> Void) -> [String: String] {
        var checks = Checks()
        check(&checks)
        do {
            try checks.finish()
            return [:]
        } catch {
            #expect(error.code == "invalid")
            return error.fields ?? [:]
        }
    }

    @Test func oneAnswerNamesEveryMistakeAndTheFirstOfEach() {
        let found = mistakes {
            $0.require(true, "fine", "x")
            $0.require(false, "one", "first")
            $0.require(false, "one", "second")
            $0.require(false, "two", "other")
        }
        #expect(found == ["one": "first", "two": "other"])
    }

    @Test(arguments: [
        "", " ", "\u{A0}\u{3000}", "a\nb", "a\r\nBcc: b", "a\u{0}", "a\u{85}b", "a\u{2028}b", "a\u{7F}",
        String(repeating: "x", count: 201), "e" + String(repeating: "\u{301}", count: 200),
    ])
    func aTextThatIsNoLineIsRefused(text: String) {
        #expect(mistakes { $0.text(text, "name") } != [:])
    }

    @Test(arguments: ["a", "Felsőregede", "Buchhandlung „Zur Post“ & Söhne", String(repeating: "ž", count: 200)])
    func aLineIsAccepted(text: String) {
        #expect(mistakes { $0.text(text, "name") } == [:])
    }

    @Test(arguments: ["a@b", "first.last+tag@mail.example.org", "o'neil@x-y.example", "#!%&*/=?^_`{|}~@example.org"])
    func plainAddressesAreAccepted(address: String) {
        #expect(mistakes { $0.email(address, "email") } == [:])
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "a@b@c", "a b@c", "a,b@c", "a;b@c", "<a@b>", "\"a\"@b", "a@b\r\nBcc: c@d", "a@b,c@d",
        "(x)a@b", "a.@b", ".a@b", "a..b@c", "a@b.", "a@[127.0.0.1]", "ä@b", "a@ö.example", "a:b@c", "a\\b@c",
        String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b", count: 253),
    ])
    func whatCouldBreakAHeaderIsNoAddress(address: String) {
        #expect(mistakes { $0.email(address, "email") } != [:])
        #expect(throws: Problem.self) {
            try SetContact(personId: UUID(), email: address, name: "A. Reader", language: "de").validate()
        }
    }

    @Test func moneyHasARangeAndACurrencyOfTheSuite() {
        #expect(mistakes { $0.money(Money(100, "EUR"), "value", in: 100...200) } == [:])
        #expect(mistakes { $0.money(Money(200, "HUF"), "value", in: 100...200) } == [:])
        for money in [
            Money(99, "EUR"), Money(201, "EUR"), Money(.min, "EUR"), Money(.max, "EUR"), Money(100, "eur"),
            Money(100, ""),
        ] {
            #expect(mistakes { $0.money(money, "value", in: 100...200) } != [:])
        }
    }

    @Test func localizedTextsNeedALanguageOfTheSuite() {
        #expect(mistakes { $0.localized(["de": "Markt"], "title") } == [:])
        #expect(mistakes { $0.localized([:], "title") } != [:])
        #expect(mistakes { $0.localized(["hr": "Sajam"], "title") } != [:])
        #expect(mistakes { $0.localized(["de": "Markt", "sl": ""], "title") } != [:])
    }

    @Test func eachFieldOfACityIsChecked() throws {
        let golden = try JSON(text: Golden.text("cities.register-city.v1")).decoded(as: RegisterCity.self).city
        let broken: [(String, (inout CityFacts) -> Void)] = [
            ("slug", { $0.slug = "Lendava" }), ("slug", { $0.slug = "-lendava" }), ("slug", { $0.slug = "" }),
            ("names", { $0.names = [] }),
            ("names", { $0.names = [CityName(language: "de", name: "x", kind: .exonym)] }),
            ("names", { $0.names[0].name = "" }), ("names", { $0.names[0].language = "hr" }),
            ("country", { $0.country = "HR" }), ("lau", { $0.lau = "59" }), ("lau", { $0.lau = "05x" }),
            ("nuts3", { $0.nuts3 = "AT224" }), ("geoNamesId", { $0.geoNamesId = 0 }),
            ("position", { $0.position.latitude = 91 }), ("position", { $0.position.longitude = .nan }),
            ("population", { $0.population.value = -1 }), ("population", { $0.population.date = "last year" }),
            ("population", { $0.population.date = "2023-02-30" }), ("timeZone", { $0.timeZone = "" }),
            ("currency", { $0.currency = "SIT" }),
            ("nuts3", { $0.nuts3 = "SI03" }), ("nuts3", { $0.nuts3 = "SI03a" }), ("nuts3", { $0.nuts3 = "SI0ž" }),
            ("nutsVersion", { $0.nutsVersion = 2020 }), ("lau", { $0.lau = "" }), ("lau", { $0.lau = "٠٥٩" }),
            ("lauYear", { $0.lauYear = 20 }), ("geoNamesId", { $0.geoNamesId = -1 }),
            ("wikidataId", { $0.wikidataId = "15989" }), ("wikidataId", { $0.wikidataId = "Q0" }),
            ("wikidataId", { $0.wikidataId = "Q" }), ("wikidataId", { $0.wikidataId = "Q1x" }),
            ("unLocode", { $0.unLocode = "ATLEN" }), ("unLocode", { $0.unLocode = "SIL1N" }),
            ("unLocode", { $0.unLocode = "SI LEN" }), ("languages", { $0.languages = [] }),
            ("languages", { $0.languages = ["sl", "sl"] }), ("languages", { $0.languages = ["Slovene"] }),
            ("languages", { $0.languages = ["sl_SI"] }), ("timeZone", { $0.timeZone = "Vienna" }),
            ("timeZone", { $0.timeZone = "Europe/" }), ("timeZone", { $0.timeZone = "Europe/Wien\n" }),
            ("population", { $0.population.source = "" }),
        ]
        for (field, breaking) in broken {
            var city = golden
            breaking(&city)
            #expect(Array(mistakes { city.check(&$0) }.keys) == [field])
        }
        var city = golden
        city.population.date = "2023"
        city.languages = ["sl", "hu", "de-AT", "sr-Latn"]
        city.wikidataId = "Q15989"
        city.unLocode = "SILN2"
        city.timeZone = "America/Argentina/Buenos_Aires"
        #expect(mistakes { city.check(&$0) } == [:])
    }

    @Test func aSelectionOfNothingIsRefused() {
        for selection in [FailureSelection(), FailureSelection(failureIds: [])] {
            #expect(throws: Problem.self) { try RedriveFailures<CitiesService>(selection).validate() }
        }
        #expect(throws: Problem.self) {
            try RedriveFailures<CitiesService>(FailureSelection(type: "x"), reason: "a\nb").validate()
        }
    }

    @Test func anActOnFailuresStaysWithinItsBounds() throws {
        let all = FailureSelection(code: "x")
        typealias Redrive = RedriveFailures<CitiesService>
        try Redrive(all, perSecond: 0.001, delaySeconds: 0, limit: 1).validate()
        try Redrive(FailureSelection(code: "x", state: .parked), perSecond: 10_000, limit: 1000).validate()
        let wrong = [
            Redrive(all, perSecond: 0), Redrive(all, perSecond: .infinity), Redrive(all, delaySeconds: -1),
            Redrive(all, delaySeconds: .nan), Redrive(all, limit: 0), Redrive(all, limit: 1001),
            Redrive(FailureSelection(code: "x", state: .done)),
        ]
        for command in wrong { #expect(throws: Problem.self, "\(command)") { try command.validate() } }
        #expect(throws: Problem.self) { try DiscardFailures<CitiesService>(all, reason: " ").validate() }
        #expect(throws: Problem.self) { try RevealFailure<CitiesService>(failureId: UUID(), reason: "").validate() }
        #expect(throws: Problem.self) { try FindFailureGroups<CitiesService>(limit: 0).validate() }
    }

    @Test func showingSecretsIsGrantedToNobody() {
        for service in ServiceName.allCases {
            let type = "\(service.rawValue).reveal-failure.v1"
            let grant = Grant(grantId: UUID(), userId: "x", role: .integrator, messageTypes: [type])
            let problem = #expect(throws: Problem.self) { try GrantAccess(grant).validate() }
            #expect(
                problem?.fields?.keys.contains("grant.messageTypes") == true || problem?.fields?["messageTypes"] != nil)
        }
    }
}
