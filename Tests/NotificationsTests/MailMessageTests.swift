import Contracts
import FoundationEssentials
import Testing

@testable import notifications

/// Mails as they go out, byte for byte.
@Suite struct MailMessageTests {
    private func mail(
        name: String = "Žiga Őri-Müller", subject: String = "x", body: String = "x\n", language: String = "sl"
    ) throws -> MailMessage {
        MailMessage(
            messageId: try #require(UUID(uuidString: "01939C5E-8F00-7000-8000-0000000000F3")),
            from: try MailAddress(name: "City Coop", address: "no-reply@citycoop.example"),
            to: try MailAddress(name: name, address: "reader@example.org"), subject: subject, body: body,
            language: language, date: Timestamp(milliseconds: 1_796_113_800_000))
    }

    private func text(_ mail: MailMessage) -> String { String(decoding: mail.bytes, as: UTF8.self) }

    private func headers(_ mail: MailMessage) -> [String] {
        let head = text(mail).split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return head.replacing("\r\n ", with: " ").split(separator: "\r\n").map(String.init)
    }

    @Test(arguments: TextCatalogue.languages)
    func aMailIsAsInItsFile(language: String) throws {
        let rendered = try Renderer().render(.eventPromoted, in: language, RendererTests.values(.eventPromoted))
        let mail = try mail(subject: rendered.subject, body: rendered.body, language: language)
        try Golden.compare(text(mail).replacing("\r\n", with: "\n"), with: "event-promoted.\(language).eml")
    }

    @Test func everyLineIsShortAndEndsWithCRLF() throws {
        for language in TextCatalogue.languages {
            for template in Template.allCases {
                let rendered = try Renderer().render(template, in: language, RendererTests.values(template))
                let bytes = try mail(subject: rendered.subject, body: rendered.body, language: language).bytes
                #expect(bytes.allSatisfy { $0 < 0x80 } && bytes.suffix(2) == [0x0D, 0x0A])
                for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
                    #expect(line.last == 0x0D && line.count <= 77 && line.count(where: { $0 == 0x0D }) == 1)
                }
            }
        }
    }

    @Test func nothingThatSomebodyWritesBecomesAHeader() throws {
        let names = try headers(mail()).map { $0.prefix { $0 != ":" } }
        let hostile = [
            "x\r\nBcc: a@b.example", "x\nBcc: a@b.example\n\nbody", "x\r\n\r\nbody", "\u{0}\u{85}\u{2028}Bcc: a",
            "=?UTF-8?Q?=0ABcc:_a?=", "\"<a@b>\", c", "x\\\" <evil@x>", "", " ", String(repeating: "ž", count: 5000),
            String(repeating: "a", count: 5000), "e" + String(repeating: "\u{301}", count: 500),
        ]
        for text in hostile {
            let mail = try mail(name: text, subject: text, body: text, language: text)
            let found = headers(mail)
            #expect(found.map { $0.prefix { $0 != ":" } } == names)
            #expect(found.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } })
            #expect(found[2].hasSuffix("reader@example.org") || found[2].hasSuffix("<reader@example.org>"))
            let words = found[3].split(separator: " ").dropFirst()
            #expect(words.allSatisfy { $0.utf8.count <= 75 })
        }
    }

    @Test(arguments: ["a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "", "ä@b", "a b@c"])
    func anAddressThatIsNoneIsRefused(address: String) {
        #expect(throws: Problem.self) { try MailAddress(name: "x", address: address) }
    }

    @Test(arguments: [
        "Gutschein", "Utalvány beváltva: 12,50\u{A0}€",
        "Na čakalnem seznamu: Adventni sejem in koncert v Gornji Radgoni",
        "漢字😀", "=?x", " leading", "a" + String(repeating: " lang", count: 30),
    ])
    func aSubjectIsReadAsItWasWritten(subject: String) throws {
        let line = try headers(mail(subject: subject))[3].dropFirst("Subject: ".count)
        guard line.hasPrefix("=?UTF-8?B?") else {
            #expect(line == subject)
            return
        }
        let bytes = try line.split(separator: " ").flatMap { word in
            try #require(Data(base64Encoded: String(word.dropFirst(10).dropLast(2))))
        }
        #expect(String(decoding: bytes, as: UTF8.self) == subject)
    }

    @Test func quotedPrintableComesBack() throws {
        var generator = SeededGenerator(seed: 2045)
        let pieces = [
            "a", "From ", ".", " ", "\t", "=", "ž", "ő", "€", "😀", "\n", "\r\n", "\u{0}", "wortlang", "F", "-",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 0...120, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
            let encoded = QuotedPrintable.encode(text)
            let lines = String(decoding: encoded, as: UTF8.self).split(
                separator: "\r\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.utf8.count <= QuotedPrintable.lineMax })
            #expect(lines.allSatisfy { !$0.hasPrefix(".") && !$0.hasPrefix("From ") })
            #expect(lines.allSatisfy { $0.last != " " && $0.last != "\t" })
            let normal = text.replacing("\r\n", with: "\n")
            let expected = normal.hasSuffix("\n") ? normal : normal + "\n"
            #expect(try decode(encoded).replacing("\r\n", with: "\n") == expected)
        }
    }

    /// Decodes as RFC 2045 says.
    private func decode(_ bytes: [UInt8]) throws -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "=") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let pair = Array(bytes[(index + 1)..<(index + 3)])
            if pair != [0x0D, 0x0A] {
                result.append(try #require(UInt8(String(decoding: pair, as: UTF8.self), radix: 16)))
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}
