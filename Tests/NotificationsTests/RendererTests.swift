import Contracts
import FoundationEssentials
import Testing

@testable import notifications

/// Every text in every language, and what happens where one is missing.
@Suite struct RendererTests {
    private static let everyText = Template.allCases.flatMap { template in
        TextCatalogue.languages.map { (template, $0) }
    }

    static let title: LocalizedText = [
        "de": "Adventmarkt & Konzert", "sl": "Adventni sejem in koncert", "hu": "Adventi vásár és koncert",
        "en": "Advent market & concert",
    ]

    /// 12 December 2026, 18:00 in Vienna.
    static let start = Timestamp(milliseconds: 1_797_094_800_000)

    static func values(_ template: Template) -> [String: TextValue] {
        let all: [String: TextValue] = [
            "name": .text("Žiga Őri-Müller"), "value": .money(Money(5000, "EUR")),
            "amount": .money(Money(1250, "EUR")), "balance": .money(Money(3750, "EUR")), "spent": .flag(false),
            "date": .moment(start, timeZone: "Europe/Ljubljana"), "title": .localized(title), "seats": .number(2),
        ]
        return all.filter { template.keys.contains($0.key) }
    }

    @Test(arguments: everyText)
    func everyTextReadsAsInItsFile(template: Template, language: String) throws {
        let text = try Renderer().render(template, in: language, RendererTests.values(template))
        #expect(text.language == language && text.missing.isEmpty)
        try Golden.compare("\(text.subject)\n\n\(text.body)", with: "\(template.rawValue).\(language).txt")
    }

    @Test func noTextIsMissing() {
        #expect(TextCatalogue.suite.missing == [])
        var incomplete = TextCatalogue.suite
        incomplete.texts["hu"]?[.eventPromoted] = nil
        incomplete.texts["sl"] = nil
        #expect(incomplete.missing.count == Template.allCases.count + 1)
        #expect(incomplete.missing.contains("event-promoted in hu"))
    }

    @Test(arguments: everyText)
    func everyTextNamesExactlyItsValues(template: Template, language: String) throws {
        let renderer = try Renderer()
        let full = renderer.render(template, in: language, RendererTests.values(template))
        // A value that a text does not use is as suspicious as one that nobody gives.
        for key in template.keys {
            let without = renderer.render(
                template, in: language, RendererTests.values(template).filter { $0.key != key })
            #expect(without.missing == [.value(key: key)], "\(key)")
            #expect(without.subject != full.subject || without.body != full.body, "\(key)")
            if key != "spent" { #expect((without.subject + without.body).contains("[\(key)]")) }
        }
        for leftover in ["{{", "}}", "&amp;", "&#", "  "] { #expect(!full.body.contains(leftover)) }
        #expect(full.body.hasSuffix("City Coop\n"))
    }

    @Test(arguments: TextCatalogue.languages)
    func aMissingLanguageFallsBackAndSaysSo(language: String) throws {
        var catalogue = TextCatalogue.suite
        catalogue.texts[language] = nil
        let text = try Renderer(catalogue).render(
            .eventRegistered, in: language, RendererTests.values(.eventRegistered))
        let expected = language == "de" ? "en" : "de"
        #expect(text.language == expected)
        #expect(text.missing == [.text(wanted: language, used: expected)])
        #expect(text.body.hasSuffix("\n" + Notes.text(wanted: language, used: expected) + "\n"))
        // The title is there in the reader's language, and stays in it.
        #expect(text.subject.contains(RendererTests.title.texts[language] ?? "?"))
    }

    @Test func aTitleInAnotherLanguageIsSaidToBe() throws {
        var values = RendererTests.values(.eventPromoted)
        values["title"] = .localized(["hu": "Szüreti nap"])
        let text = try Renderer().render(.eventPromoted, in: "sl", values)
        #expect(text.language == "sl" && text.subject == "Uvrščeni ste med prijavljene: Szüreti nap")
        #expect(text.missing == [.translation(key: "title", wanted: "sl", used: "hu")])
        #expect(text.body.hasSuffix("\nOpomba: Naslov dogodka ni na voljo v slovenščini; prikazan je v madžarščini.\n"))
        values["title"] = .localized([:])
        #expect(try Renderer().render(.eventPromoted, in: "sl", values).missing == [.value(key: "title")])
    }

    @Test func aLanguageThatNobodyHasGetsTheFirstThatThereIs() throws {
        let text = try Renderer().render(.voucherIssued, in: "hr", RendererTests.values(.voucherIssued))
        #expect(text.language == "de" && text.body.contains("(hr)"))
    }

    @Test(arguments: TextCatalogue.languages)
    func aSpentVoucherIsSaidToBeSpent(language: String) throws {
        var values = RendererTests.values(.voucherRedeemed)
        let rest = try Renderer().render(.voucherRedeemed, in: language, values)
        values["spent"] = .flag(true)
        let spent = try Renderer().render(.voucherRedeemed, in: language, values)
        #expect(spent.body != rest.body)
        #expect(spent.body.split(separator: "\n").count == rest.body.split(separator: "\n").count)
    }

    @Test func aValueIsTextWhateverItLooksLike() throws {
        let hostile = "{{value}} {{{date}}} {{#name}}x{{/name}} {{> partial}} <b>&\r\nBcc: x"
        var values = RendererTests.values(.eventRegistered)
        values["name"] = .text(hostile)
        values["title"] = .localized(["de": hostile])
        let text = try Renderer().render(.eventRegistered, in: "de", values)
        #expect(text.body.contains(hostile) && text.missing.isEmpty)
        #expect(!text.subject.contains { $0.isNewline }, "a subject is one line")
    }

    @Test func aBrokenCatalogueStopsTheStart() {
        var broken = TextCatalogue.suite
        broken.texts["de"]?[.voucherIssued]?.body = "{{#open}}"
        #expect(throws: Renderer.Mistake.self) { try Renderer(broken) }
        #expect(throws: Renderer.Mistake.self) { try Renderer(TextCatalogue(texts: [:])) }
    }

    @Test func everyEventGivesItsTextEverythingButTheName() {
        let registration = RegistrationFacts(
            registrationId: UUID(), eventId: UUID(), title: RendererTests.title, startsAt: RendererTests.start,
            timeZone: "Europe/Vienna", personId: UUID(), party: 2)
        let money = Money(5000, "EUR")
        let issued = VoucherIssued(
            issueId: UUID(), voucherId: UUID(), issuerCityId: UUID(), value: money, personId: UUID(),
            issuedAt: RendererTests.start)
        var redeemed = VoucherRedeemed(
            redemptionId: UUID(), voucherId: UUID(), issuerCityId: UUID(), merchantId: UUID(), cityId: UUID(),
            amount: money, balance: Money(0, "EUR"), personId: UUID(), redeemedAt: RendererTests.start)
        let notices = [
            Notice(issued), Notice(redeemed), Notice(PersonRegistered(registration)),
            Notice(PersonWaitlisted(registration)), Notice(PersonPromoted(registration)),
        ].compactMap(\.self)
        #expect(notices.map(\.template) == Template.allCases)
        for notice in notices { #expect(Set(notice.values(greeting: "A. Reader").keys) == notice.template.keys) }
        #expect(notices[1].values["spent"] == .flag(true))
        redeemed.personId = nil
        #expect(Notice(redeemed) == nil)
    }
}
