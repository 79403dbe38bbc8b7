import CSV
import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// A shop whose city has a programme, and a folder for files.
struct OrderShop: Sendable {
    let shop: Shop
    let programme = UUID()
    let terms = UUID()
    let folder: URL

    var bench: HandlerBench { shop.bench }
    var production: ProduceOrders { ProduceOrders(keys: shop.keys, seal: shop.seal) }
    var activate: ActivateStocks { ActivateStocks(keys: shop.keys, throttle: shop.throttle) }
    var maker: CodeFileMaker { CodeFileMaker(keys: shop.keys, seal: shop.seal, folder: folder.path) }
    var collect: CollectOrderCodes { CollectOrderCodes(maker: maker) }
    var reprint: ReprintOrderCodes { ReprintOrderCodes(maker: maker) }

    /// An order that a company pays for, unless the purpose says otherwise.
    func order(
        _ lines: [(Int64, Int)], purpose: OrderPurpose = .company, isStock: Bool = false, id: UUID = UUID(),
        payment: PaymentMethod = .bankTransfer, employees: [EmployeeBenefit]? = nil, programme: UUID? = nil
    ) -> PlaceOrder {
        let isPaidNow = purpose == .company || purpose == .employeeBenefit
        return PlaceOrder(
            orderId: id, issuerCityId: shop.city, programmeId: programme ?? self.programme, name: "Advent",
            buyer: isPaidNow ? "Sawmill" : nil, purpose: purpose, payment: isPaidNow ? payment : nil, isStock: isStock,
            lines: lines.map { OrderLine(value: Money($0.0, "EUR"), count: $0.1) }, employees: employees)
    }

    /// Makes whatever is ordered; returns how many chunks that took.
    @discardableResult
    func produce() async throws -> Int {
        var chunks = 0
        while try await bench.run(production).hasMore { chunks += 1 }
        return chunks
    }

    /// Places an order, has it made, and returns its id.
    func made(
        _ lines: [(Int64, Int)], purpose: OrderPurpose = .company, isStock: Bool = false
    ) async throws -> UUID {
        let order = order(lines, purpose: purpose, isStock: isStock)
        _ = try await bench.run(PlaceOrders(), [order]).reply(to: PlaceOrder.self)
        try await produce()
        return order.orderId
    }

    func shown(_ orderId: UUID) async throws -> GetOrder.Reply {
        try await bench.ask(GetOrderOfCity(), GetOrder(orderId: orderId, issuerCityId: shop.city))
    }

    /// Runs a script on the database.
    func script(_ sql: String) async throws {
        let connection = try await Connection.connect(to: bench.address, name: "script")
        try await connection.runScript(sql)
        await connection.close()
    }

    static let password = "correct horse battery staple"

    /// The codes of an order by serial number, collected under a password.
    func codes(of orderId: UUID) async throws -> [Int: String] {
        let command = CollectCodes(
            fileId: UUID(), orderId: orderId, issuerCityId: shop.city,
            recipient: CodeRecipient(password: Secret(Self.password)))
        let file = try await bench.run(collect, [command]).reply(to: CollectCodes.self)
        return try codes(in: opened(file, ["-pwri_password", Self.password]))
    }

    /// What the tool of OpenSSL makes of a file.
    func opened(_ file: CodeFile, _ how: [String]) throws -> [UInt8] {
        let out = folder.appending(path: "\(UUID())")
        let arguments =
            ["cms", "-decrypt", "-inform", "DER", "-in", folder.appending(path: file.name).path, "-out", out.path] + how
        try Self.openssl(arguments, in: folder)
        return Array(try Data(contentsOf: out))
    }

    static func openssl(_ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    /// The codes in a table by serial number.
    func codes(in table: [UInt8]) throws -> [Int: String] {
        var reader = CSVReader(table)
        let columns = reader.next()?.fields ?? []
        try #require(columns == CodeFileMaker.columns)
        var codes: [Int: String] = [:]
        while let record = reader.next(), record.fields.count == columns.count {
            let serial = try #require(Int(record.fields[0]))
            codes[serial] = record.fields[1]
        }
        return codes
    }

    /// A shop with a programme of 10.00, 25.00 and open amounts of 50.00 to 100.00.
    static func open(
        connections: Int = 2, redeemableForCash: Bool = false, throttle rules: ThrottleRules = ThrottleRules(),
        _ body: (OrderShop) async throws -> Void
    ) async throws {
        try await Shop.open(connections: connections, throttle: rules) { shop in
            let folder = FileManager.default.temporaryDirectory.appending(path: "orders-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let orders = OrderShop(shop: shop, folder: folder)
            try await orders.script(
                """
                INSERT INTO programme (programme_id, issuer_city_id, name, terms_number, version)
                VALUES ('\(orders.programme)', '\(shop.city)', 'Ten', 1, 1);
                INSERT INTO terms (terms_id, programme_id, number, currency, denominations, open_from, open_to, vat,
                    validity_months, validity_to_end_of_year, redeemable_for_cash, limitation_years, made_at)
                VALUES ('\(orders.terms)', '\(orders.programme)', 1, 'EUR', '{1000,2500}', 5000, 10000, 'multi-purpose',
                    60, false, \(redeemableForCash), 30, now());
                """)
            try await body(orders)
        }
    }
}
