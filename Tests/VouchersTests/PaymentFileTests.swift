import Contracts
import FoundationEssentials
import Processes
import Synchronization
import TestKit
import Testing

@testable import vouchers

/// Payment files: letters, lengths, sums, and the schema of the standard.
@Suite struct PaymentFileTests {
    static let names = [
        "Bäckerei Süß & Söhne", "Čokoladnica Žužek d.o.o.", "Műhely Őrségi Ízek Kft.", "  //Café »Zum Löwen«// ",
        "Ünnep Cukrászda", "ガラス", "<Tag> \"quoted\" & more", String(repeating: "Ä", count: 200), "\u{0}\u{7}",
        "e\u{301}",
    ]

    static func party(_ name: String, _ country: String, bic: String? = nil, hasAddress: Bool = true) -> BankParty {
        let ibans = ["AT": "AT611904300234573201", "SI": "SI56263300012039086", "HU": "HU42117730161111101800000000"]
        return BankParty(
            name: name, iban: Secret(ibans[country] ?? ""), bic: bic,
            address: hasAddress
                ? PostalAddress(
                    street: "Glavni trg 5 č", postalCode: "9220", town: "Lendava / Lendva", country: country)
                : nil)
    }

    static func file(_ transfers: [CreditTransfer], debtor: BankParty) throws -> CreditTransferFile {
        CreditTransferFile(
            messageId: "CC0123456789abcdef0123456789abcd", createdAt: Timestamp(milliseconds: 1_796_113_800_000),
            executeOn: try #require(Day("2027-01-05")), debtor: debtor,
            remittance: "City Coop 2026-12-01 - 2026-12-31", transfers: transfers)
    }

    @Test func lettersBecomeThoseThatEveryBankTakes() {
        func plain(_ text: String, _ country: String = "AT") -> String {
            SEPAText.plain(text, country: country, max: SEPAText.nameMax)
        }
        #expect(plain("Bäckerei Süß & Söhne") == "Baeckerei Suess + Soehne")
        #expect(plain("Čokoladnica Žužek", "SI") == "Cokoladnica Zuzek")
        #expect(plain("Műhely Őrségi Ízek Übü", "HU") == "Muhely Orsegi Izek Ubu")
        #expect(plain("  //Café »Zum Löwen«// ") == "Cafe 'Zum Loewen'")
        #expect(plain("") == "NOTPROVIDED" && plain(" / ") == "NOTPROVIDED")
        #expect(plain("e\u{301}") == "e")
    }

    @Test func everyTextKeepsToLettersAndLengths() {
        var generator = SeededGenerator()
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
        for _ in 0..<2_000 {
            let scalars = (0..<Int.random(in: 0...120, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &generator))
            }
            let text = SEPAText.plain(String(String.UnicodeScalarView(scalars)), country: "AT", max: 70)
            #expect((1...70).contains(text.count) && text.allSatisfy(allowed.contains), "\(text)")
            #expect(
                !text.contains("//") && text.first != "/" && text.last != "/" && text.first != " " && text.last != " ")
        }
    }

    @Test func aFileIsWhatTheSchemaOfTheStandardAsksFor() async throws {
        var generator = SeededGenerator()
        for (index, debtorName) in Self.names.enumerated() {
            let country = ["AT", "SI", "HU"][index % 3]
            let transfers = Self.names.map { name in
                CreditTransfer(
                    payoutId: UUID(),
                    creditor: Self.party(
                        name, ["AT", "SI", "HU"].randomElement(using: &generator) ?? "AT",
                        bic: Bool.random(using: &generator) ? "LJBASI2X" : nil,
                        hasAddress: Bool.random(using: &generator)),
                    amount: .random(in: 1...99_999_999, using: &generator))
            }
            let file = try Self.file(
                transfers, debtor: Self.party(debtorName, country, bic: index % 2 == 0 ? "GIBAATWW" : nil))
            let complaints = try await Schema.complaints(about: file.xml)
            #expect(complaints == [])
            #expect(file.sum == transfers.map(\.amount).reduce(0, +))
            let sum = DecimalText.amount(file.sum)
            #expect(file.xml.ranges(of: "<CtrlSum>\(sum)</CtrlSum>").count == 2, "for the group and for its payments")
            #expect(file.xml.ranges(of: "<NbOfTxs>\(transfers.count)</NbOfTxs>").count == 2)
            #expect(file.xml.contains("<ReqdExctnDt>\n        <Dt>2027-01-05</Dt>"))
        }
    }

    @Test func theSchemaSeesWhatIsWrong() async throws {
        let transfer = CreditTransfer(payoutId: UUID(), creditor: Self.party("Shop", "SI"), amount: 100)
        let xml = try Self.file([transfer], debtor: Self.party("City", "AT")).xml
        for (right, wrong) in [
            ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>ABC</PmtMtd>"), ("AT611904300234573201", "611904300234573201"),
            ("CC0123456789abcdef0123456789abcd", String(repeating: "x", count: 36)),
            ("<Dt>2027-01-05</Dt>", "<Dt>soon</Dt>"),
        ] {
            let complaints = try await Schema.complaints(about: xml.replacing(right, with: wrong))
            #expect(!complaints.isEmpty, "\(wrong)")
        }
    }
}

/// The schema of ISO 20022, asked through xmllint.
enum Schema {
    static func complaints(about xml: String) async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "\(UUID().text).xml")
        try Data(xml.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let schema = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Schemas/pain.001.001.09.xsd")
        let lines = Mutex<[String]>([])
        let end = try await Program(
            "/usr/bin/xmllint", ["--noout", "--nonet", "--schema", schema.path, file.path]
        ).run { line in lines.withLock { $0.append(line) } }
        return end.isSuccess ? [] : lines.withLock { $0 } + ["\(end)"]
    }
}
