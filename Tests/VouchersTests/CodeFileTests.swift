import Contracts
import Crypto
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Codes leave once, for one reader, and again only for a reason.
@Suite(.timeLimit(.minutes(2)))
struct CodeFileTests {
    /// A printer's key and certificate in a folder.
    private func certificate(in folder: URL) throws -> String {
        try OrderShop.openssl(
            [
                "req", "-x509", "-nodes", "-subj", "/CN=Printer", "-days", "2", "-newkey", "rsa:2048", "-keyout",
                "k.pem", "-out", "c.pem",
            ], in: folder)
        return try String(contentsOf: folder.appending(path: "c.pem"), encoding: .utf8)
    }

    private func collection(_ orders: OrderShop, _ orderId: UUID, _ recipient: CodeRecipient) -> CollectCodes {
        CollectCodes(fileId: UUID(), orderId: orderId, issuerCityId: orders.shop.city, recipient: recipient)
    }

    private let password = CodeRecipient(password: Secret(OrderShop.password))

    @Test func filesAreRemovedAfterTheirTime() async throws {
        try await OrderShop.open { orders in
            var names: [String] = []
            for _ in 1...2 {
                let order = try await orders.made([(1_000, 3)])
                let collect = collection(orders, order, password)
                names.append(try await orders.bench.run(orders.collect, [collect]).reply(to: CollectCodes.self).name)
            }
            let job = RemoveCodeFiles(folder: orders.folder.path, retention: .seconds(30 * 86_400))
            #expect(try await !orders.bench.run(job).hasMore)
            func there() throws -> Set<String> {
                Set(try FileManager.default.contentsOfDirectory(atPath: orders.folder.path).filter(names.contains))
            }
            #expect(try there() == Set(names))
            try await orders.script(
                "UPDATE code_file SET made_at = made_at - interval '31 days' WHERE name = '\(names[0])'")
            // A crash before the commit has it done again.
            _ = try await orders.bench.run(job, end: .undone)
            _ = try await orders.bench.run(job)
            #expect(try there() == [names[1]])
            let left = try await orders.bench.database.execute(MarkFilesRemoved(olderThanSeconds: 0, max: 9))
            #expect(left == [names[1]])
        }
    }

    @Test func codesAreCollectedOnceAndOpenWithTheToolOfOpenSSL() async throws {
        try await OrderShop.open { orders in
            let recipient = CodeRecipient(certificate: try certificate(in: orders.folder))
            let command = orders.order([(1_000, 700), (7_500, 3)])
            _ = try await orders.bench.run(PlaceOrders(), [command])
            let collect = collection(orders, command.orderId, recipient)
            _ = try await orders.bench.run(orders.production)
            let early = try await orders.bench.run(orders.collect, [collect])
            #expect(early.problem()?.code == "order-not-ready" && early.problem()?.retryable == true)
            try await orders.produce()

            let outcome = try await orders.bench.run(orders.collect, [collect])
            let file = try outcome.reply(to: CollectCodes.self)
            let bytes = try Data(contentsOf: orders.folder.appending(path: file.name))
            #expect(file.vouchers == 703 && file.bytes == bytes.count)
            #expect(file.sha256 == SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined())
            let table = try orders.opened(file, ["-inkey", "k.pem", "-recip", "c.pem"])
            let codes = try orders.codes(in: table)
            #expect(codes.keys.sorted() == Array(1...703))
            #expect(String(decoding: table, as: UTF8.self).contains(",75.00,EUR,"))
            for (serial, left) in [(1, Int64(600)), (500, 600), (501, 600), (703, 7_100)] {
                let redeem = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(try #require(codes[serial])),
                    merchantId: orders.shop.merchant, amount: Money(400, "EUR"))
                let receipt = try await orders.bench.run(orders.shop.redeem, [redeem]).reply(to: RedeemVoucher.self)
                #expect(receipt.balance.amount == left)
            }
            // Neither the file nor the event shows a code.
            let event = try #require(try outcome.events(CodesCollected.self).first)
            #expect(event.sha256 == file.sha256 && event.recipientSHA256?.count == 64)
            let code = try #require(codes[1])
            #expect(!bytes.contains(Data(code.utf8)))

            let again = try await orders.bench.run(orders.collect, [collect])
            #expect(try again.reply(to: CollectCodes.self) == file && again.events.isEmpty)
            var other = collect
            other.recipient = password
            let differs = try await orders.bench.run(orders.collect, [other])
            #expect(differs.problem()?.code == "file-differs")
            let second = try await orders.bench.run(
                orders.collect, [collection(orders, command.orderId, recipient)])
            #expect(second.problem()?.code == "already-collected")
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced)
        }
    }

    @Test func aReprintHasAReasonAndLeavesOutWhatIsSpent() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 620)])
            func reprint(_ from: Int?, _ to: Int?, _ id: UUID = orderId) -> ReprintCodes {
                ReprintCodes(
                    fileId: UUID(), orderId: id, issuerCityId: orders.shop.city, fromSerial: from, toSerial: to,
                    recipient: password, reason: "Sheet 5 was spoilt.")
            }
            let early = try await orders.bench.run(orders.reprint, [reprint(nil, nil)])
            #expect(early.problem()?.code == "not-collected")
            let codes = try await orders.codes(of: orderId)
            let redeem = RedeemVoucher(
                redemptionId: UUID(), code: Secret(try #require(codes[500])), merchantId: orders.shop.merchant,
                amount: Money(1_000, "EUR"))
            _ = try await orders.bench.run(orders.shop.redeem, [redeem]).reply(to: RedeemVoucher.self)

            let command = reprint(498, 503)
            let outcome = try await orders.bench.run(orders.reprint, [command])
            let file = try outcome.reply(to: ReprintCodes.self)
            let again = try orders.codes(in: orders.opened(file, ["-pwri_password", OrderShop.password]))
            #expect(again == codes.filter { (498...503).contains($0.key) && $0.key != 500 })
            #expect(file.vouchers == 5 && file.reason == "Sheet 5 was spoilt.")
            let spent = try await orders.bench.run(orders.reprint, [reprint(500, 500), reprint(621, 700)])
            #expect(spent.problem(0)?.code == "nothing-to-print" && spent.problem(1)?.code == "nothing-to-print")

            let rows = try await orders.bench.audit(of: VouchersService.self)
            let row = try #require(rows.last { $0.eventType == CodesReprinted.type.description })
            #expect(row.person?.reason == "Sheet 5 was spoilt." && row.person?.actor == "operator")
            let shown = try await orders.shown(orderId)
            #expect(shown.files.map(\.vouchers) == [620, 5] && shown.order.state == .collected)
            #expect(shown.codesKeptUntil != nil)

            // A month later the codes are gone for good.
            try await orders.script("UPDATE voucher_order SET codes_until = now() - interval '1 second'")
            let late = try await orders.bench.run(orders.reprint, [reprint(1, 1)])
            #expect(late.problem()?.code == "codes-forgotten")
            let forgot = try await orders.bench.run(ForgetOrderCodes()).hasMore
            let more = try await orders.bench.run(ForgetOrderCodes()).hasMore
            #expect(forgot && !more)
            let chunks = try await orders.bench.database.execute(
                ReadCodeChunks(orderId: orderId, from: 1, to: 620, max: 10))
            #expect(chunks.count == 2 && chunks.allSatisfy { $0.sealedCodes == nil })
            let gone = try await orders.bench.run(orders.reprint, [reprint(1, 1)])
            #expect(gone.problem()?.code == "codes-forgotten")
        }
    }

    @Test func theCodesOfTheDatabaseAreSealedForTheirChunk() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 501)])
            let chunks = try await orders.bench.database.execute(
                ReadCodeChunks(orderId: orderId, from: 1, to: 501, max: 10))
            let codes = try await orders.codes(of: orderId)
            let sealed = try #require(chunks.first?.sealedCodes)
            let first = try #require(codes[1]).replacing("-", with: "")
            #expect(!Data(sealed).contains(Data(first.utf8)))
            let opened = try SealedCodes.open(sealed, of: chunks[0].chunkId, with: orders.shop.seal)
            #expect(opened.map(\.formatted) == (1...500).compactMap { codes[$0] })
            #expect(throws: Seal.Failure.self) {
                try SealedCodes.open(sealed, of: chunks[1].chunkId, with: orders.shop.seal)
            }
        }
    }

    @Test func nothingIsWrittenForWhoCannotRead() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 1)])
            let nobody = collection(orders, orderId, CodeRecipient(certificate: "-----BEGIN CERTIFICATE-----"))
            var elsewhere = collection(orders, orderId, password)
            elsewhere.issuerCityId = UUID()
            let commands = [nobody, elsewhere]
            let outcome = try await orders.bench.run(orders.collect, commands)
            #expect(outcome.problem(0)?.code == "recipient-unusable" && outcome.problem(1)?.code == "order-unknown")
            let files = try FileManager.default.contentsOfDirectory(atPath: orders.folder.path)
            #expect(files.isEmpty)
            let shown = try await orders.shown(orderId)
            #expect(shown.order.state == .ready && shown.files.isEmpty)
        }
    }
}
