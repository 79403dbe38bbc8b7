import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import citycoop
@testable import vouchers

/// The years that `citycoop bench scale` writes are those of a whole ledger, on the schema as it is.
@Suite(.timeLimit(.minutes(3)))
struct BenchYearsTests {
    @Test func theyAreAWholeLedger() async throws {
        try await Shop.open { shop in
            _ = try await shop.issued(1_000)
            let years = try await BenchYears(shop.bench.address)
            let lines = try await years.fill(1_500)
            #expect(lines > 6_000)
            let job = KeepDailyFigures(settling: .zero, recountAfter: .seconds(3_600))
            while try await shop.bench.run(job).hasMore {}
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.vouchers == 1_501)
            #expect(lines == 2 * (1_501 + ledger.redemptions))
            #expect(try await shop.findings() == [])
            let some = try await years.someVouchers(40)
            #expect(Set(some).count == 40)
            await years.close()
        }
    }
}
