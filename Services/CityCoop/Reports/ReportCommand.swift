public import ArgumentParser
import CSV
public import Contracts
import FoundationEssentials
import Messaging

extension Day: ExpressibleByArgument {
    /// Reads `YYYY-MM-DD`.
    public init?(argument: String) { self.init(argument) }
}

extension Month: ExpressibleByArgument {
    /// Reads `YYYY-MM`.
    public init?(argument: String) { self.init(argument) }
}

/// Writes reports as CSV.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write reports about vouchers as CSV.",
        discussion: """
            Amounts have two decimal places and the currency in a column of its own; cities stand with their slugs. The figures \
            follow the journal within seconds.
            """,
        subcommands: [
            ReportLiability.self, ReportMatrix.self, ReportMonths.self, ReportCohorts.self,
        ])
}

/// What all reports take.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this city.", valueName: "slug"))
    var city: String?

    @Option(help: "Seconds to wait for each page.")
    var timeout = Seconds(30)

    /// Connects, finds out which city is asked for, and writes what the body hands over.
    func write(_ body: (ReportSource, (ReportTable) -> Void) async throws -> Void) async throws {
        try await reporting {
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let cityId: UUID? =
                    if let city { try await session.requester.cityId(of: city) } else { nil }
                let source = ReportSource(
                    requester: session.requester, limit: timeout.duration, cityId: cityId,
                    slugs: try await session.requester.slugs(within: timeout.duration))
                try await body(source) { table in
                    for line in table.lines { Terminal.write(line) }
                }
            }
        }
    }
}

/// The months that a report is about.
struct MonthOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first month; eleven before the last if it is not given.", valueName: "YYYY-MM"))
    var from: Month?

    @Option(help: ArgumentHelp("The last month; this one if it is not given.", valueName: "YYYY-MM"))
    var until: Month?

    /// The last month.
    var last: Month { until ?? Month(of: Day(of: Timestamp(Date()))) }
    /// The first month.
    var first: Month { from ?? last.advanced(by: -11) }
}

/// Where reports come from.
struct ReportSource: Sendable {
    let requester: Requester
    let limit: Duration
    /// The only city, if one was asked for.
    let cityId: UUID?
    /// How cities are called.
    let slugs: [UUID: String]

    /// Asks for one page.
    func ask<Q: Query>(_ query: Q) async throws -> Q.Reply {
        try await requester.call(query, within: limit)
    }

    /// The slug of a city, or its id.
    func name(_ city: UUID) -> String { slugs[city] ?? city.text }
}

/// Rows of a report, its head among them or not.
struct ReportTable: Sendable {
    var rows: [[String]]

    /// As CSV; the terminal ends lines itself.
    var lines: [String] {
        rows.map { String(CSVWriter.line($0).unicodeScalars.dropLast()) }
    }

    /// An amount with two decimal places and without its currency, as spreadsheets read it.
    static func decimal(_ amount: Int64) -> String {
        String(Money(amount, "").description.dropLast())
    }
}

extension Requester {
    /// The slugs of all cities.
    func slugs(within limit: Duration) async throws -> [UUID: String] {
        var slugs: [UUID: String] = [:]
        var after: String?
        repeat {
            let page = try await call(FindCities(limit: 100, after: after), within: limit)
            for city in page.cities { slugs[city.cityId] = city.slug }
            after = page.next
        } while after != nil
        return slugs
    }
}
