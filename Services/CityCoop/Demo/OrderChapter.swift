import CSV
import Contracts
import FoundationEssentials

/// A company orders vouchers in bulk, and only its printer can open the file with their codes.
struct OrderChapter {
    private static let line = OrderLine(value: Money(1_000, "EUR"), count: 100)
    private static let key = "key.pem"
    private static let certificate = "certificate.pem"
    private static let codes = "codes.csv"

    let stage: Stage
    let surroundings: Surroundings
    let known: Known

    func tell() async throws {
        let weiz = try known.cities.city("weiz")
        Story.chapter("A company orders vouchers for its customers")
        let order = PlaceOrder(
            orderId: .version7(), issuerCityId: weiz.cityId, programmeId: Cast.programmeId, name: "Advent",
            buyer: Cast.company, purpose: .company, payment: .bankTransfer, lines: [Self.line])
        let placed = try await stage.ask(order)
        Story.tell(
            "\(Cast.company) orders \(placed.vouchers) vouchers of \(Self.line.value), \(placed.total) together.",
            by: PlaceOrder.type)
        guard Desk.has("openssl") else { return try await collect(order, for: .unread, opening: nil) }
        try await Desk.with { desk in
            try await desk.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=printer", "-keyout",
                    desk.path(Self.key), "-out", desk.path(Self.certificate),
                ])
            let certificate = String(decoding: try desk.read(Self.certificate), as: UTF8.self)
            try await collect(order, for: CodeRecipient(certificate: certificate), opening: desk)
        }
    }

    private func collect(_ order: PlaceOrder, for recipient: CodeRecipient, opening desk: Desk?) async throws {
        // Until all are made the answer is a refusal that passes.
        let file = try await stage.ask(
            CollectCodes(
                fileId: .version7(), orderId: order.orderId, issuerCityId: order.issuerCityId, recipient: recipient))
        Story.tell("The \(file.vouchers) codes leave once, in \(file.name), encrypted.", by: CollectCodes.type)
        guard let folder = try surroundings.value("VOUCHERS_FILE_FOLDER"), let desk else {
            return Story.tell("It lies in the folder of vouchers; here nothing opens it.")
        }
        let path = "\(folder)/\(file.name)"
        guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
            return Story.tell("It lies in the folder of vouchers, which is not this one: \(folder).")
        }
        guard bytes.sha256 == file.sha256 else {
            throw CommandFailure(.refused, "\(path) is another file than the one that was told of.")
        }
        try await desk.run(
            "openssl",
            [
                "cms", "-decrypt", "-inform", "DER", "-in", path, "-recip", desk.path(Self.certificate), "-inkey",
                desk.path(Self.key), "-out", desk.path(Self.codes),
            ])
        try await look(into: try desk.read(Self.codes), expecting: file.vouchers)
    }

    private func look(into bytes: [UInt8], expecting count: Int) async throws {
        var reader = CSVReader(bytes)
        guard let column = reader.next()?.fields.firstIndex(of: "code") else {
            throw CommandFailure(.refused, "The file has no column for codes.")
        }
        var codes: [Secret] = []
        while let record = reader.next() {
            if record.fields.indices.contains(column) { codes.append(Secret(record.fields[column])) }
        }
        guard codes.count == count, let first = codes.first else {
            throw CommandFailure(.refused, "The file has \(codes.count) codes, and not \(count).")
        }
        let balance = try await stage.ask(GetBalance(code: first)).balance
        Story.tell(
            "The printer's key opens it: \(codes.count) codes, the first \(first.revealed.prefix(4))-…, good for \(balance).",
            by: GetBalance.type)
    }
}

extension CodeRecipient {
    /// Somebody with a password that nobody keeps.
    fileprivate static var unread: CodeRecipient { CodeRecipient(password: Secret("\(UUID())\(UUID())")) }
}
