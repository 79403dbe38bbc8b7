import Contracts
import FoundationEssentials
import Testing

@testable import notifications

@Suite struct TextTests {
    @Test func noLanguageLacksAnything() {
        #expect(TextReport.gaps(in: LanguageTexts.shipped) == [])
    }

    @Test func theReportNamesEveryGap() {
        var texts = LanguageTexts.shipped
        texts[.sl]?.texts[.eventPromoted] = nil
        texts[.en]?.greeting = "Hello \(.title)"
        texts[.de]?.texts[.voucherIssued]?.body = "\(.value) \(line: "x \(.seats)", if: .isSpent)"
        texts[.hu]?.texts[.eventRegistered]?.subject = "\(.amount)"
        texts[.de]?.notes.languages[.hu] = nil
        #expect(
            TextReport.gaps(in: texts) == [
                "de: has no word for hu",
                "de: voucher-issued does not say issuedAt",
                "de: voucher-issued asks for isSpent, which there is not",
                "de: voucher-issued asks for seats, which there is not",
                "sl: event-promoted is missing",
                "hu: the subject of event-registered asks for amount, which there is not",
                "en: greeting does not say name",
                "en: greeting asks for title, which there is not",
            ])
        #expect(TextReport.gaps(in: LanguageTexts.shipped.filter { $0.key != .hu }) == ["hu: has no texts"])
    }

    @Test(arguments: Samples.everything)
    func everyTextIsAsInItsFile(_ template: Template, _ language: Language) throws {
        let text = Renderer.shipped.render(template, in: language, for: "Ana Novak", Samples.facts(template))
        #expect(text.language == language)
        #expect(!text.subject.contains("\n"))
        let now = "\(text.subject)\n\n\(text.body)"
        #expect(try Golden.text("\(template.rawValue).\(language).txt", now: now) == now)
    }

    @Test func noFileIsLeftOver() throws {
        let texts = Samples.everything.map { "\($0.rawValue).\($1).txt" }
        #expect(try Golden.names() == Set(texts + Language.allCases.map { "mail.\($0).eml" } + ["spent.de.txt"]))
    }

    @Test func aSpentVoucherSaysSo() throws {
        var facts = Samples.facts(.voucherRedeemed)
        facts["balance"] = .money(Money(0, "EUR"))
        facts["isSpent"] = .flag(true)
        let text = Renderer.shipped.render(.voucherRedeemed, in: .de, for: "Ana Novak", facts)
        #expect(try Golden.text("spent.de.txt", now: text.body) == text.body)
    }

    @Test func aMissingLanguageFallsBackAndSaysSoInTheReadersLanguage() {
        var texts = LanguageTexts.shipped
        texts[.sl]?.texts[.eventPromoted] = nil
        texts[.de]?.texts[.eventPromoted] = nil
        let text = Renderer(texts).render(.eventPromoted, in: .sl, for: "Ana", Samples.facts(.eventPromoted))
        #expect(text.language == .en)
        #expect(text.body.hasPrefix("(Tega sporočila v slovenščini še ni; tukaj je v angleščini.)\n\nDear Ana,\n"))
        #expect(text.subject == "You have moved up: Pumpkin Festival & Market")
    }

    @Test func theFallbackIsGermanFirst() {
        var texts = LanguageTexts.shipped
        texts[.hu]?.texts[.voucherIssued] = nil
        let text = Renderer(texts).render(.voucherIssued, in: .hu, for: "Kovács Éva", Samples.facts(.voucherIssued))
        #expect(text.language == .de)
        #expect(
            text.body.hasPrefix("(Ez az üzenet magyarul még nem érhető el, ezért itt németül olvasható.)\n\nGuten Tag"))
    }

    @Test func aTitleInAnotherLanguageIsMarked() {
        var facts = Samples.facts(.eventRegistered)
        facts["title"] = .text(["hu": "Tökfesztivál"])
        let text = Renderer.shipped.render(.eventRegistered, in: .de, for: "Eva", facts)
        #expect(text.language == .de)
        #expect(text.body.hasPrefix("(Den Titel der Veranstaltung gibt es nur auf Ungarisch.)\n\nGuten Tag Eva,"))
        #expect(text.body.contains("Veranstaltung: Tökfesztivál\n"))
    }

    @Test func aMissingFactIsSeen() {
        var facts = Samples.facts(.eventRegistered)
        facts["seats"] = nil
        let text = Renderer.shipped.render(.eventRegistered, in: .en, for: "Eva", facts)
        #expect(text.body.hasPrefix("(A detail is missing from this message: seats.)\n"))
        #expect(text.body.contains("Reserved: [seats]\n"))
    }

    @Test func whatOthersWroteIsTextAndNothingElse() {
        var facts = Samples.facts(.eventRegistered)
        facts["title"] = .text(["en": "\\(.name) [seats] <b>&amp;</b>\r\nBcc: x@y"])
        let text = Renderer.shipped.render(.eventRegistered, in: .en, for: "[seats]\nX", facts)
        #expect(text.subject == "Registration confirmed: \\(.name) [seats] <b>&amp;</b>  Bcc: x@y")
        #expect(text.body.hasPrefix("Dear [seats] X,\n"))
    }
}
