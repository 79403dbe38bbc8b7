import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// A long import, and those who are not to notice it.
    @Suite("Import", .serialized, .running("import", .cities, .vouchers))
    struct ImportTests {
        private static let merchants = 10_000
        /// An import that ends later than this is broken.
        private static let limit = Duration.seconds(240)

        @Test("tills, offices and visitors are answered while 10,000 merchants are imported")
        func tills() async throws {
            let system = try System.required
            let file = FileManager.default.temporaryDirectory.appending(path: "merchants-\(UUID().uuidString).csv")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(Self.table().utf8).write(to: file)
            try await Client.with(system) { client in
                let shop = try await Shop.open(client, cities: 1, merchants: 1, values: [1_000_000])
                _ = try await client.callUntilKnown(redemption(shop))
                let slug = try await client.call(GetCity(cityId: shop.cities[0])).city.slug
                let importing = Task {
                    try await Program.run(
                        "\(system.programs)/citycoop", ["import", "merchants", file.path, "--city", slug],
                        environment: system.operatorEnvironment)
                }
                let served = try await withThrowingTaskGroup(of: Served.self) { group in
                    for customer in Customer.allCases {
                        group.addTask {
                            try await Progress.watching(system) { try await serve(customer, client, shop, $0) }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let result = try await importing.value
                #expect(result.status == 0, "\(result.output)")
                #expect(result.output.contains("\(Self.merchants) lines: \(Self.merchants) registered"))
                for customer in served { customer.expect() }
                let resident = [ServiceName.cities, .vouchers].map { service in
                    "\(service) \((try? RunningServices.required.instance(service).residentMegabytes) ?? 0) MB"
                }
                print("  resident after the import: \(resident.joined(separator: ", "))")
            }
        }

        /// One customer asks one thing after the other until everything has been imported, and vouchers has heard of it.
        private func serve(
            _ customer: Customer, _ client: Client, _ shop: Shop, _ progress: Progress
        ) async throws -> Served {
            var served = Served(customer: customer)
            let deadline = ContinuousClock.now + Self.limit
            var before = try await progress.read()
            while before.copied < Self.merchants || before.parts < before.partCount || before.parts == 0 {
                guard deadline > .now else {
                    throw Program.Failed(description: "the import has come to \(before) only")
                }
                let start = ContinuousClock.now
                switch customer {
                case .till: _ = try await client.call(redemption(shop))
                case .office:
                    _ = try await client.call(
                        RegisterMerchant(merchantId: UUID(), cityId: shop.cities[0], name: "Walk in"))
                case .visitor: _ = try await client.call(GetMerchant(merchantId: shop.merchants[0]))
                }
                let duration = ContinuousClock.now - start
                let after = try await progress.read()
                served.note(duration, from: before, to: after)
                before = after
            }
            return served
        }

        private func redemption(_ shop: Shop) -> RedeemVoucher {
            RedeemVoucher(
                redemptionId: UUID(), code: Secret(shop.cards[0].code), merchantId: shop.merchants[0],
                amount: Money(1, "EUR"))
        }

        /// Merchants as a city has them in its table.
        private static func table() -> String {
            let header = "name,category,iban,feeBasisPoints,street,postalCode,town,country,latitude,longitude\n"
            return (0..<merchants).reduce(into: header) { text, number in
                text +=
                    "Uvoz \(number),47.61,SI56263300012039086,150,Glavna \(number),9220,Lendava,SI,"
                    + "46.5\(number),16.4\(number)\n"
            }
        }
    }
}

/// Who asks while others import.
private enum Customer: String, CaseIterable {
    /// Redeems: a command to vouchers.
    case till
    /// Registers a merchant: a command to cities.
    case office
    /// Looks for one: a query.
    case visitor
}

/// How far an import has come.
private struct Reached: Equatable {
    /// Parts of the file that are committed, and how many there are; 0 before the first.
    var parts: Int64 = 0
    var partCount: Int64 = 0
    /// Merchants of the import that vouchers has heard of.
    var copied: Int64 = 0
}

/// How often a customer was answered while something went on, compared by order: no clock says whether it was quick enough.
private struct Served {
    let customer: Customer
    private var duringParts = 0
    private var duringCopying = 0
    private var durations: [Duration] = []
    private var parts: Int64 = 0

    init(customer: Customer) {
        self.customer = customer
    }

    /// Notes an answer to what was sent when `before` was reached, and that `after` was reached when it was there.
    mutating func note(_ duration: Duration, from before: Reached, to after: Reached) {
        parts = after.partCount
        // Sent after a part was committed, and answered before the next one was: whoever waits for a part is not here.
        if before.parts > 0, before.parts == after.parts, after.parts < after.partCount { duringParts += 1 }
        if before.copied > 0, after.copied < 10_000 { duringCopying += 1 }
        durations.append(duration)
    }

    /// Expects more answers than there were parts: who waits for the import gets at most one for each.
    func expect(sourceLocation: SourceLocation = #_sourceLocation) {
        let times = durations.sorted().map { Int($0 / .milliseconds(1)) }
        if let longest = times.last {
            print(
                "  \(customer.rawValue) during an import of \(parts) parts: \(times.count) answers,",
                "\(duringParts) while one part was at work, \(duringCopying) while vouchers heard of the merchants,",
                "p50 \(times[times.count / 2]) ms, p99 \(times[times.count * 99 / 100]) ms, longest \(longest) ms")
        }
        #expect(parts > 3, "a file of few parts shows nothing", sourceLocation: sourceLocation)
        #expect(duringParts > parts, "the \(customer) waited for the import", sourceLocation: sourceLocation)
        #expect(duringCopying > parts, "the \(customer) waited for the events", sourceLocation: sourceLocation)
    }
}

/// Reads how far the import has come from the tables of both services.
private struct Progress: Sendable {
    private struct ReadParts: Statement {
        static let sql = "SELECT count(*), coalesce(max(part_count), 0)::bigint FROM merchant_import"

        static func row(_ columns: inout Columns) throws -> Reached {
            Reached(parts: try columns.next(), partCount: try columns.next())
        }
    }

    private struct CountCopied: Statement {
        static let sql = "SELECT count(*) FROM merchant WHERE name LIKE 'Uvoz %'"

        static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
    }

    private let cities: Connection
    private let vouchers: Connection

    static func watching<Value>(_ system: System, _ body: (Progress) async throws -> Value) async throws -> Value {
        let cities = try await Connection.connect(to: system.database(.cities), name: "import")
        let vouchers = try await Connection.connect(to: system.database(.vouchers), name: "import")
        do {
            let value = try await body(Progress(cities: cities, vouchers: vouchers))
            await cities.close()
            await vouchers.close()
            return value
        } catch {
            await cities.close()
            await vouchers.close()
            throw error
        }
    }

    func read() async throws -> Reached {
        var reached = try await cities.execute(ReadParts()).first ?? Reached()
        reached.copied = try await vouchers.execute(CountCopied()).first ?? 0
        return reached
    }
}
