import FoundationEssentials
import TestKit
import Testing

@testable import notifications

@Suite struct MailTests {
    private static let names: [Language: String] = [
        .de: "Jürgen Größ", .sl: "Žiga Češnjevar", .hu: "Őry Gyöngyvér", .en: "Ann O'Hara, PhD",
    ]

    @Test(arguments: Language.allCases)
    func aMailIsAsInItsFile(_ language: Language) throws {
        let name = try #require(MailTests.names[language])
        let text = Renderer.shipped.render(.eventPromoted, in: language, for: name, Samples.facts(.eventPromoted))
        let bytes = try Samples.mail(name, text).bytes
        let now = String(decoding: bytes, as: UTF8.self)
        #expect(try Golden.text("mail.\(language).eml", now: now) == now)
        let read = try MailReader(bytes)
        #expect(read.body == text.body)
        #expect(try MailReader.encodedWords(read["Subject"] ?? "") == text.subject)
        #expect(read["Message-ID"] == "<0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b@citycoop.example>")
        #expect(read["Auto-Submitted"] == "auto-generated")
        #expect(read["Content-Language"] == language.rawValue)
    }

    @Test func whateverIsWrittenIsReadAgain() throws {
        var random = SeededGenerator()
        for _ in 0..<400 {
            let subject = MailTests.text(&random, length: 0...120, lines: false)
            let body = MailTests.text(&random, length: 0...400, lines: true)
            let name = MailTests.text(&random, length: 1...140, lines: false)
            let mail = try Samples.mail(name, RenderedText(subject: subject, body: body, language: .de))
            let read = try MailReader(mail.bytes)
            #expect(read.body == body)
            #expect(try MailReader.encodedWords(read["Subject"] ?? "") == subject)
            #expect(read.headers.map(\.name) == MailTests.headers)
            let to = try #require(read["To"])
            #expect(to.hasSuffix(" <ana@posta.example>"))
            let phrase = String(to.dropLast(" <ana@posta.example>".count))
            let isQuoted = phrase.hasPrefix("\"")
            #expect(
                try isQuoted ? String(phrase.dropFirst().dropLast()) == name : MailReader.encodedWords(phrase) == name)
        }
    }

    private static let headers = [
        "Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        "Content-Language", "Auto-Submitted",
    ]

    /// Everything that has once broken a mail: signs of the encodings themselves, blanks at ends, dots, long words, letters
    /// of one to four bytes.
    private static let pieces = [
        "a", "B", "9", " ", "  ", "=", "=?", "?=", "_", ".", "From ", ",", ";", ":", "<", ">", "\"", "\\", "@", "(",
        "č",
        "ß", "ő", "€", "🎃", "👩‍👩‍👧", "e\u{301}", "=?UTF-8?Q?x?=", "unabreakablewordofthirtyletters",
    ]

    private static func text(
        _ random: inout SeededGenerator, length: ClosedRange<Int>, lines: Bool
    ) -> String {
        let pieces = lines ? pieces + ["\n", "\n", "\t", " \n", ".\n"] : pieces
        var text = ""
        for _ in 0..<Int.random(in: length, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
        return text
    }

    @Test(arguments: [
        "x\r\nBcc: victim@elsewhere.example", "x\nBcc: victim@elsewhere.example", "x\rBcc: y@z", "x\r\n\r\nbody",
        "\u{2028}Bcc: y@z", "x\u{0}y", "\u{85}Bcc: y@z", "=?UTF-8?Q?=0D=0ABcc:_y@z?=",
    ])
    func nothingBeginsAHeaderOfItsOwn(_ text: String) throws {
        let mail = try Samples.mail(text, RenderedText(subject: text, body: text, language: .de))
        let read = try MailReader(mail.bytes)
        #expect(read.headers.map(\.name) == MailTests.headers)
        let from = try #require(MailAddress(mailbox: "\(text.replacing("<", with: "")) <a@b.example>"))
        #expect(!from.header.replacing("\r\n ", with: "").contains { $0.isNewline })
    }

    @Test(arguments: ["ana@posta.example", "a.b+c@x-y.example", "o'hara@x.example", "a@localhost"])
    func goodAddressesStayAsTheyAre(_ address: String) {
        #expect(MailAddress(name: "", address: address)?.address == address)
    }

    @Test(arguments: [
        "a,b@x.example", "a..b@x.example", "a:b;@x.example", "a@x.example,c", "a@x_y.example", "a@-x.example",
        "a@x..example", "a@", "@x.example", "a@b@c", "\"a\"@x.example", "a\\@x.example", "a b@x.example", "ä@x.example",
        "a@ä.example", "a@x.example\r\nBcc:b@c", "a\r\n@x.example", "",
    ])
    func whatCouldBeMistakenInAHeaderIsNoAddress(_ address: String) {
        #expect(MailAddress(name: "", address: address) == nil)
    }

    @Test func theSenderIsReadFromItsSetting() {
        #expect(MailAddress(mailbox: "City Coop <no-reply@citycoop.example>")?.name == "City Coop")
        #expect(MailAddress(mailbox: "no-reply@citycoop.example")?.header == "<no-reply@citycoop.example>")
        #expect(MailAddress(mailbox: "<no-reply@citycoop.example>")?.header == "<no-reply@citycoop.example>")
        #expect(MailAddress(mailbox: "City <Coop <no-reply@citycoop.example>") == nil)
        #expect(MailAddress(mailbox: "City Coop") == nil)
        #expect(MailAddress(mailbox: "City Coop <no-reply@citycoop.example> x") == nil)
    }
}
