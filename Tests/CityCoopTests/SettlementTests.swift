import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

/// What the operator sees of a settlement, and the files that are written.
struct SettlementTests {
    private static let (weiz, ptuj) = (UUID(), UUID())
    private static let period = Period(from: Day("2026-12-01") ?? Day(number: 0), until: Day("2027-01-01"))

    private static func reply(
        _ state: SettlementState, obstacles: [SettlementObstacle] = [], debtors: [GetSettlement.Debtor] = []
    ) -> GetSettlement.Reply {
        GetSettlement.Reply(
            run: SettlementRun(runId: UUID(), period: period, state: state, executeOn: Day("2027-01-05")),
            totals: [
                SettlementTotal(
                    currency: "EUR", statements: 2, redeemed: 31_000, reversed: 1_000, fees: 438, feeVAT: 88,
                    carriedIn: -500, paidOut: 28_974, carriedOut: 0)
            ],
            pairs: [
                SettlementPair(cityId: weiz, otherCityId: ptuj, currency: "EUR", owes: 1_000, isOwed: 3_500),
                SettlementPair(cityId: weiz, otherCityId: UUID(), currency: "HUF", owes: 7, isOwed: 7),
            ],
            debtors: debtors, obstacles: obstacles)
    }

    @Test func aRunIsShownWithItsSumsAndWhoOwesWhom() {
        let debtors = [
            GetSettlement.Debtor(cityId: Self.weiz, currency: "EUR", payouts: 12, sum: 28_974, confirmed: 3, parts: 1)
        ]
        let lines = SettlementText(
            Self.reply(.closed, debtors: debtors), slugs: [Self.weiz: "weiz", Self.ptuj: "ptuj"]
        ).lines
        #expect(lines[0].hasPrefix("2026-12-01 to 2026-12-31: closed, to be paid on 2027-01-05; run "))
        #expect(lines.contains { $0.hasSuffix("310.00     10.00  4.38  0.88       -5.00    289.74         0.00") })
        #expect(lines.contains("ptuj  weiz  25.00 EUR"), "only what is left after netting")
        #expect(lines.contains { $0.hasPrefix("weiz        12          3  289.74") })
        #expect(!lines.contains { $0.contains("cannot be closed") || $0.contains("HUF") })
    }

    @Test func whatIsMissingIsSaidWithWhatToDo() {
        let merchant = UUID()
        let obstacles = [
            SettlementObstacle(code: "city-account-missing", id: Self.weiz),
            SettlementObstacle(code: "fee-vat-unknown", id: Self.ptuj),
            SettlementObstacle(code: "merchant-account-unasked", id: merchant),
            SettlementObstacle(code: "later", id: merchant),
        ]
        let reply = Self.reply(.prepared, obstacles: obstacles)
        #expect(reply.lacksAnswers && !Self.reply(.prepared).lacksAnswers)
        let lines = SettlementText(reply, slugs: [Self.weiz: "weiz", Self.ptuj: "ptuj"]).lines.suffix(4)
        #expect(lines.first == "  weiz has no account: citycoop settlement account weiz …")
        #expect(lines.dropFirst().first?.contains("country of ptuj: vouchers.set-fee-vat-rate.v1") == true)
        #expect(lines.last == "  later: \(merchant.text)")
    }

    @Test func theSameDaysHaveTheSameRunAndOthersAnother() throws {
        let id = Settlements.newRunId(of: Self.period)
        #expect(id == Settlements.newRunId(of: Self.period))
        #expect(UUID(text: id.text) == id && id.text.dropFirst(14).first == "8")
        let months = try (0..<500).map { try #require(Month("2026-01")).advanced(by: $0).period }
        #expect(Set(months.map(Settlements.newRunId)).count == months.count)
        #expect(months[11] == Self.period && months[12].from == months[11].until)
        #expect(!SettlementPlan.isOwn(SettlementRun(runId: id, period: Self.period, state: .prepared)))
    }

    @Test func paymentsAreNamedByTheirIdsOrByWhatTheBankShows() throws {
        let payouts = (0..<3).map { _ in
            let id = UUID()
            return Payout(
                payoutId: id, runId: UUID(), kind: .merchant, debtorCityId: Self.weiz, creditorId: UUID(),
                creditorName: "x", ibanMasked: nil, amount: Money(1, "EUR"), endToEndId: id.text.filter { $0 != "-" },
                state: .open)
        }
        let (first, second) = (payouts[0], payouts[1])
        let names = [first.payoutId.uuidString, second.endToEndId.uppercased(), first.endToEndId]
        #expect(try payouts.named(names) == [first, second], "each once")
        let failure = #expect(throws: CommandFailure.self) { try payouts.named(["x", first.endToEndId, "y"]) }
        #expect(failure?.text.contains("x, y") == true && failure?.code == .refused)
    }

    private static func file(_ name: String, _ content: String, sha256: String? = nil) -> GetPaymentFile.Reply {
        GetPaymentFile.Reply(
            name: name, content: Secret(content), sha256: sha256 ?? content.utf8.sha256, payouts: 2, sum: 6_345,
            part: 1,
            parts: 1)
    }

    @Test func aFileIsWhatItSaysAndHasAPlainName() throws {
        let file = try SettlementFile(Self.file("2026-12-01-a-EUR-1.xml", "<a/>"), currency: "EUR")
        #expect(file.summary.payments == 2 && file.note == "2 payments, 63.45 EUR")
        #expect(throws: CommandFailure.self) {
            try SettlementFile(Self.file("a.xml", "<a/>", sha256: "<b/>".utf8.sha256), currency: "EUR")
        }
        for name in ["", ".", "..", ".a", "a/b", "/a", "a\0", "a b", "ä", String(repeating: "a", count: 101)] {
            #expect(throws: CommandFailure.self, "\(name)") { try SettlementFile(name: name, content: Secret("x")) }
        }
    }

    @Test func filesAreTheirOwnersAloneAndOtherContentIsLeftAlone() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "banks-\(UUID().text)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ contents: String...) throws {
            try SettlementFolder(path: folder).write(
                contents.enumerated().map { try SettlementFile(name: "\($0.offset).csv", content: Secret($0.element)) })
        }
        func content(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
        }
        try write("one", "two")
        try write("one", "two")
        let sums = try content("SHA256SUMS")
        #expect(sums == "\("one".utf8.sha256)  0.csv\n\("two".utf8.sha256)  1.csv\n")
        for name in ["0.csv", "1.csv", "SHA256SUMS"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            #expect("\(attributes[.posixPermissions] ?? "")" == "\(0o600)")
        }
        #expect(throws: CommandFailure.self) { try write("one", "other", "three") }
        #expect(try content("1.csv") == "two" && !FileManager.default.fileExists(atPath: "\(folder)/2.csv"))
        #expect(try content("SHA256SUMS") == sums)
    }
}
