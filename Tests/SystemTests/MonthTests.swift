import Contracts
import Foundation
import Postgres
import Testing

extension SystemTests {
    /// A month's end, as a treasurer does it with the tool alone.
    @Suite("Month's end", .serialized, .running("month", .cities, .vouchers))
    struct MonthTests {
        private static let today = Day(of: Timestamp(Date()))
        /// The month that is over.
        private static let month = Month(of: today).advanced(by: -1)

        @Test("a month is prepared, closed, written to files and confirmed on the command line")
        func month() async throws {
            let system = try System.required
            let folder = FileManager.default.temporaryDirectory.appending(path: "month-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await Client.with(system) { client in
                let shop = try await Shop.open(client, merchants: 0, values: [50_000, 80_000])
                let slugs = try await slugs(of: shop.cities, client)
                try await spend(shop, client, system)

                // Nobody has said from which account cities pay, and which tax is on fees.
                let prepare = ["prepare", "--month", "\(Self.month)"]
                let missing = try await settlement(prepare, system)
                #expect(missing.status == 1)
                #expect(
                    missing.output.contains("\(slugs[0]) has no account: citycoop settlement account \(slugs[0]) …"))
                #expect(missing.output.contains("vouchers.set-fee-vat-rate.v1"))
                _ = try await client.call(
                    SetFeeVATRate(country: "AT", firstDay: Self.month.firstDay, basisPoints: 2_000))
                for (slug, iban) in zip(slugs, ["AT049999900000000001", "AT749999900000000002"]) {
                    try await expect(
                        [
                            "account", slug, "--name", "Town", "--iban", iban, "--postal-code", "8160", "--town",
                            "Weiz",
                        ], "version 1", system)
                }
                // 300.00 at 1.75 % and 20 % of that; 5.25 + 1.05.
                try await expect(prepare, "293.70", system)
                try await close(slugs, system)
                try await writeFiles(to: folder, system)
                try await noteWhatTheBankSays(slugs[1], client, system)
            }
        }

        /// A shop of the second city takes 300.00 of the first's; it was last month.
        private func spend(_ shop: Shop, _ client: Client, _ system: System) async throws {
            let merchant = UUID()
            _ = try await client.call(
                RegisterMerchant(
                    MerchantFacts(merchantId: merchant, cityId: shop.cities[1], name: "Bakery", feeBasisPoints: 175),
                    iban: Secret("AT611904300234573201")))
            _ = try await client.callUntilKnown(
                RedeemVoucher(
                    redemptionId: UUID(), code: Secret(shop.cards[0].code), merchantId: merchant,
                    amount: Money(30_000, "EUR")))
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "system tests", limits: .migrating)
            try await connection.runScript("UPDATE redemption SET redeemed_at = '\(Self.month)-10T12:00:00Z'")
            await connection.close()
        }

        private func slugs(of cities: [UUID], _ client: Client) async throws -> [String] {
            var slugs: [String] = []
            for city in cities { slugs.append(try await client.call(GetCity(cityId: city)).city.slug) }
            return slugs
        }

        private func close(_ slugs: [String], _ system: System) async throws {
            let payDay = "\(Self.today.advanced(by: 2))"
            let refused = try await settlement(["close", "--pay-on", payDay], system, input: "no\n")
            #expect(refused.status == 1 && refused.output.contains("Nothing was closed."))
            let early = try await settlement(["files", "/nowhere"], system)
            #expect(early.status == 1 && early.output.contains("there are no payments yet"))
            let closed = try await settlement(["close", "--pay-on", payDay], system, input: "yes\n")
            #expect(closed.status == 0 && closed.output.contains("closed, to be paid on \(payDay)"), "\(closed.output)")
            // Said again it is the same; with another day it is refused.
            try await expect(["close", "--pay-on", payDay, "--yes", "--month", "\(Self.month)"], "closed", system)
            let other = try await settlement(["close", "--pay-on", "2999-01-01", "--yes"], system)
            #expect(other.status == 1 && other.output.contains("settlement-differs"))
        }

        private func writeFiles(to folder: String, _ system: System) async throws {
            try await expect(["files", folder], "1 payments, 293.70 EUR", system)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            // For each of two cities a file for the bank and one for people.
            #expect(names.count { $0.hasSuffix(".xml") } == 2 && names.count { $0.hasSuffix("EUR-1.csv") } == 2)
            #expect(names.contains("\(Self.month)-01-statements.csv") && names.count == 6, "\(names)")
            let checked = try await Program.run(
                "/bin/sh", ["-c", "cd \"$1\" && sha256sum --strict -c SHA256SUMS", "sh", folder])
            #expect(checked.status == 0, "\(checked.output)")
            let again = try await Program.run(
                "\(system.programs)/citycoop", ["settlement", "files", folder, "--json"],
                environment: system.operatorEnvironment)
            #expect(again.status == 0 && again.output.split(separator: "\n").count == 5)
            let statements = try await settlement(["statements", "--month", "\(Self.month)"], system)
            #expect(
                statements.output.contains(",Bakery,") && statements.output.contains(",2000,1.05,0.00,293.70,payout,"))
            #expect(!again.output.contains("AT61"), "account numbers stand in the files alone")
        }

        private func noteWhatTheBankSays(_ city: String, _ client: Client, _ system: System) async throws {
            let run = try #require(try await client.call(FindSettlements()).settlements.first)
            let payouts = try await client.call(FindPayouts(runId: run.runId)).payouts
            let merchant = try #require(payouts.first { $0.kind == .merchant })
            let unknown = ["confirm", "--city", city, "--paid-on", "\(Self.today)", "nonsense"]
            #expect(try await settlement(unknown, system).status == 1)
            try await expect(
                ["confirm", "--city", city, "--paid-on", "\(Self.today)", merchant.endToEndId],
                "1 confirmed, 0 of \(city) are open", system)
            try await expect(
                ["confirm", "--city", city, "--paid-on", "\(Self.today)", "--json"], "\"confirmed\":0", system)
            try await expect(
                ["return", merchant.endToEndId, "--city", city, "--bank-reason", "AC04 account closed"],
                "293.70 EUR are owed to Bakery again", system)
            try await expect(["show", "--all"], "closed  \(run.runId.text)", system)
            try await expect(["show", "--run", run.runId.text, "--json"], "\"state\" : \"closed\"", system)
        }

        private func settlement(
            _ arguments: [String], _ system: System, input: String = ""
        ) async throws -> Program.Result {
            try await Program.run(
                "\(system.programs)/citycoop", ["settlement"] + arguments, environment: system.operatorEnvironment,
                input: Array(input.utf8))
        }

        private func expect(_ arguments: [String], _ text: String, _ system: System) async throws {
            let result = try await settlement(arguments, system)
            #expect(result.status == 0 && result.output.contains(text), "\(arguments): \(result.output)")
        }
    }
}
