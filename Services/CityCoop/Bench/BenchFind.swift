import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Cities found, one after the other.
struct BenchFind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "How long cities.find-cities.v1 takes with many merchants registered, request and reply.",
        discussion: """
            In turn by a part of a name, with a typing error, by country, near a point, and every city. The merchants are \
            registered first; they are the same each time.

            Examples:
              citycoop bench find
              citycoop bench find --count 20000 --merchants 10000 --json
            """)

    @Option(help: "Requests.")
    var count = 5_000

    @Option(help: "Merchants in the database.")
    var merchants = 10_000

    @OptionGroup var options: BenchOptions

    /// Requests that are not counted: connections, caches and prepared statements settle.
    private static let warmUp = 200

    /// What is asked for, in turn.
    static let queries = [
        FindCities(text: "Ormoz"), FindCities(text: "Lendwa"), FindCities(text: "radgona", country: "SI"),
        FindCities(near: Near(latitude: 46.6, longitude: 16.1, radiusMetres: 20_000)), FindCities(text: "Fürstenfed"),
        FindCities(limit: 10),
    ]

    func validate() throws {
        try validateCount(count, max: 10_000_000)
        guard (1...1_000_000).contains(merchants) else {
            throw ValidationError("--merchants must be 1 to 1000000.")
        }
    }

    func run() async throws {
        try await reporting {
            let result = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let stage = Stage(requester: session.requester, limit: .seconds(30))
                try await Progress.during("registering \(merchants) merchants") {
                    try await BenchGround(stage: stage).registry(merchants: merchants)
                }
                return try await Progress.during("asking \(count) times") {
                    for number in 0..<Self.warmUp { try await ask(number, session) }
                    return try await BenchResult.timing("find", count: count, within: options.timeout.duration) {
                        try await ask($0, session)
                    }
                }
            }
            result.show(json: options.json)
        }
    }

    private func ask(_ number: Int, _ session: OperatorSession) async throws {
        let reply = try await session.requester.call(Self.queries[number % Self.queries.count])
        guard !reply.cities.isEmpty else { throw CommandFailure(.refused, "A city that is there was not found.") }
    }
}

extension BenchGround {
    /// Makes every city of the story known, and so many merchants, which are the same each time.
    func registry(merchants count: Int) async throws {
        let cities = try Cast.cities()
        for city in cities { _ = try await stage.ask(RegisterCity(city)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= Self.atOnce { try await group.next() }
                let merchant = RegisterMerchant(
                    merchantId: Self.merchant(number), cityId: cities[number % cities.count].cityId,
                    name: "Shop \(number)")
                group.addTask { _ = try await stage.ask(merchant) }
            }
            try await group.waitForAll()
        }
    }

    /// An id that is the same each time: the number in the last six bytes.
    private static func merchant(_ number: Int) -> UUID {
        func byte(_ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: number >> (8 * place)) }
        return UUID(
            uuid: (
                0xBE, 0xC4, 0x5B, 0x0F, 0x11, 0xD0, 0x40, 0, 0x80, 0, byte(5), byte(4), byte(3), byte(2), byte(1),
                byte(0)
            ))
    }
}
