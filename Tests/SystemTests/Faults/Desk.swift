import Contracts
import Foundation
import Messaging

/// Everything that a desk has asked for, and what must have come of it.
struct DeskRecord: Sendable {
    var books = DeskBooks()
    var errands: [Errand] = []
    /// How many vouchers of which value were ordered, by order.
    var orders: [UUID: [Int64: Int]] = [:]
    /// What was printed, sold and given out in files.
    var stock = DeskStock()
    /// What is said because of time, and of no command.
    var told: [Errand.Said] = []
}

/// A desk where vouchers are issued, held, captured, released, taken back, blocked, replaced, refunded, cancelled, exchanged and
/// ordered, where printed stock is sold and codes leave in files, beside the tills.
///
/// Each step on a voucher waits for the answer to the one before, so that the outcome of every command is known beforehand; the
/// clerks of a desk work at the same time on vouchers of their own. Every command is sent with a confirm until it is answered;
/// some are sent twice at once, some again under their message id, some again under a new one.
actor Desk {
    /// The desk did not get what it must.
    struct NotServed: Error, CustomStringConvertible {
        let description: String
    }

    /// How a command is sent more often than needed.
    struct Copies: Sendable {
        var isAtOnce = false
        var isAgain = false
        var isAnew = false
    }

    private static let clerks = 4
    /// How long a message is waited for before it is sent again under its id.
    private static let patience = Duration.seconds(5)
    /// How long a message is repeated before that is a fault.
    private static let limit = Duration.seconds(200)
    /// The deadline in the message: none that a message which is parked or redriven could miss.
    private static let deadline = Duration.seconds(3_600)

    let shop: Shop
    let client: Client
    private let seed: UInt64
    private(set) var record = DeskRecord()
    private var ordering: [Task<Void, any Error>] = []
    /// The last of the code files.
    var printing: Task<Void, any Error>?
    private var shelf: DeskShelf?
    private var isClosed = false

    init(_ client: Client, shop: Shop, seed: UInt64) {
        self.client = client
        self.shop = shop
        self.seed = seed
    }

    /// Serves until the task is cancelled; what has begun by then is ended.
    func serve() async throws {
        let seed = seed
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.clerks {
                group.addTask {
                    var clerk = Clerk(desk: self, number: number, seed: seed &+ 100 &+ UInt64(number))
                    try await clerk.work()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Gives up whatever is still waited for.
    func close() {
        isClosed = true
    }

    /// Changes what must stand in the books.
    func note(_ change: @Sendable (inout DeskBooks) -> Void) {
        change(&record.books)
    }

    /// Notes what has to be said though no command says it.
    func tell(_ said: Errand.Said) {
        record.told.append(said)
    }

    // MARK: The shelf

    /// Has the shelf ready for the clerks.
    func put(_ shelf: DeskShelf) {
        self.shelf = shelf
    }

    /// The programme of which vouchers are redeemable for cash.
    var cashProgramme: UUID? { shelf?.programmeId }

    /// Takes a voucher that is past its validity, if there is one left.
    func takeExpired() -> DeskShelf.Expired? {
        shelf?.expired.popLast()
    }

    /// Takes so many serial numbers of the stock, if there are as many left.
    func takeSerials(_ count: Int) -> SerialRange? {
        guard let first = shelf?.nextSerial, first + count - 1 <= record.stock.count else { return nil }
        shelf?.nextSerial += count
        return SerialRange(orderId: record.stock.orderId, from: first, to: first + count - 1)
    }

    /// Notes what is printed.
    func startStock(_ orderId: UUID) {
        record.stock = DeskStock(
            orderId: orderId, count: Self.printedCount, value: Self.printedValue, cityId: shop.cities[0])
    }

    /// Notes a sale of stock.
    func sell(_ saleId: UUID, _ serials: SerialRange) {
        record.stock.sales[saleId] = serials.from...serials.to
    }

    /// Notes a file that codes left in.
    func keep(_ file: CodeFile) {
        record.stock.files[file.fileId] = file
    }

    // MARK: Orders

    /// Sets the programme that orders are placed under; it offers these values.
    func setProgramme(for values: [Int64]) async throws -> UUID {
        let programmeId = UUID()
        _ = try await client.callUntilKnown(
            SetProgramme(
                programmeId: programmeId, issuerCityId: shop.cities[0], name: "School start",
                terms: ProgrammeTerms(currency: "EUR", denominations: values)))
        return programmeId
    }

    /// Orders vouchers, and waits neither for the answer nor for them.
    func order(under programmeId: UUID, _ lines: [Int64: Int]) {
        let command = PlaceOrder(
            orderId: UUID(), issuerCityId: shop.cities[0], programmeId: programmeId, name: "School start",
            purpose: .schoolStart,
            lines: lines.sorted { $0.key < $1.key }.map { OrderLine(value: Money($0.key, "EUR"), count: $0.value) })
        record.orders[command.orderId] = lines
        ordering.append(
            Task {
                _ = try await ask(
                    command, about: command.orderId, says: [Errand.Said(OrderPlaced.self, command.orderId)],
                    orElse: OrderRefused.self, copies: Copies(isAtOnce: true, isAgain: true, isAnew: true))
            })
    }

    /// Waits until all orders are placed, and all files are there.
    func ordered() async throws {
        for order in ordering { try await order.value }
        try await printing?.value
    }

    // MARK: Asking

    /// Sends a command until it has its outcome, and some copies of it.
    ///
    /// - Returns: The answer, or `nil` if the command was refused as it had to be.
    func ask<C: Command, R: Event>(
        _ command: C, about subject: UUID, says facts: [Errand.Said], orElse refused: R.Type,
        refusal: String? = nil, isRecorded: Bool = false, copies: Copies
    ) async throws -> C.Reply? {
        try Task.checkCancellation()
        // The same command must be the same bytes each time it is sent, or the inbox takes it for another.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        record.errands.append(
            Errand(
                type: C.type.description, body: [UInt8](try encoder.encode(command)), subject: subject, facts: facts,
                refusalType: R.type.description, refusal: refusal, isRecorded: isRecorded))
        let number = record.errands.count - 1
        // What has begun is ended, also when the desk closes meanwhile.
        let answer = try await Task { try await carryOut(number, copies) }.value
        guard answer.code == refusal else {
            throw NotServed(
                description: "\(C.type) \(subject): \(answer.code ?? "done"), not \(refusal ?? "done")")
        }
        return answer.isProblem ? nil : try JSONDecoder().decode(C.Reply.self, from: Data(answer.json.utf8))
    }

    private func carryOut(_ number: Int, _ copies: Copies) async throws -> TillAnswer {
        let refusal = record.errands[number].refusal
        let first = UUID.version7()
        async let copy = copies.isAtOnce ? hear(number, first) : nil
        var (id, answer) = (first, try await hear(number, first))
        _ = try await copy
        let deadline = ContinuousClock.now + Self.limit
        while answer.code == Audit.merchantUnknown, refusal != Audit.merchantUnknown {
            guard deadline > .now else { break }
            // How long a clerk thinks before trying again; the condition is the loop's.
            try await Task.sleep(for: .milliseconds(200))
            id = UUID.version7()
            answer = try await hear(number, id)
        }
        if copies.isAgain { _ = try await hear(number, id) }
        if copies.isAnew { _ = try await hear(number, UUID.version7()) }
        return answer
    }

    /// Sends a message, again and again, until there is an answer to it.
    private func hear(_ number: Int, _ id: UUID) async throws -> TillAnswer {
        let errand = record.errands[number]
        let end = ContinuousClock.now + Self.limit
        let answer: TillAnswer? = try await withThrowingTaskGroup(of: TillAnswer?.self) { group in
            defer { group.cancelAll() }
            while !isClosed, end > .now {
                group.addTask { try await self.send(errand, id) }
                group.addTask {
                    try? await Task.sleep(for: Self.patience)
                    return nil
                }
                if let answer = try await group.next() ?? nil { return answer }
            }
            return nil
        }
        guard let answer else { throw NotServed(description: "message \(id) (\(errand.type)) got no answer") }
        record.errands[number].answers[id, default: []].insert(answer)
        return answer
    }

    private func send(_ errand: Errand, _ id: UUID) async throws -> TillAnswer? {
        while !isClosed {
            do {
                let reply = try await client.requester.call(
                    errand.type, body: errand.body, within: Self.deadline, id: id)
                return TillAnswer(isProblem: !reply.isSuccess, body: reply.body)
            } catch {
                guard error.isSilence else { throw error }
                // While the broker is away there is nobody to send it to.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        return nil
    }
}
