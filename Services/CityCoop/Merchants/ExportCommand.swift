import ArgumentParser
import CSV
import Contracts
import FoundationEssentials
import Messaging

/// Writes data out.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write data out as files.", subcommands: [ExportMerchantsCommand.self])
}

/// Writes a city's merchants as CSV.
struct ExportMerchantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merchants",
        abstract: "Write a city's merchants as CSV.",
        discussion: """
            The columns are those of `citycoop import merchants`, in the order of names; accounts are masked, which an \
            import takes for nothing said.

            Examples:
              citycoop export merchants --city lendava > merchants.csv
            """)

    @Option(help: ArgumentHelp("The city's slug.", valueName: "slug"))
    var city: String

    @Option(help: "Seconds to wait for each page.")
    var timeout = Seconds(10)

    func run() async throws {
        try await reporting {
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let cityId = try await session.requester.cityId(of: city)
                Terminal.write(Self.withoutLineEnd(CSVWriter.line(MerchantColumn.allCases.map(\.rawValue))))
                var after: String?
                repeat {
                    let page = try await session.requester.call(
                        FindMerchants(cityId: cityId, limit: 100, after: after), within: timeout.duration)
                    for found in page.merchants {
                        Terminal.write(Self.withoutLineEnd(CSVWriter.line(MerchantRow.fields(found))))
                    }
                    after = page.next
                } while after != nil
            }
        }
    }

    /// The terminal ends lines itself.
    private static func withoutLineEnd(_ line: String) -> String {
        String(line.unicodeScalars.dropLast())
    }
}

/// A merchant as a row of a table.
enum MerchantRow {
    /// What stands in each column.
    static func fields(_ found: FindMerchants.Found) -> [String] {
        let merchant = found.merchant
        return MerchantColumn.allCases.map { column in
            switch column {
            case .merchantId: merchant.merchantId.text
            case .name: merchant.name
            case .category: merchant.category ?? ""
            case .vatId: merchant.vatId ?? ""
            case .iban: found.ibanMasked ?? ""
            case .contractFrom: merchant.contract?.from.description ?? ""
            case .contractUntil: merchant.contract?.until?.description ?? ""
            case .feeBasisPoints: merchant.feeBasisPoints.map(String.init) ?? ""
            case .contactPersonId: merchant.contactPersonId?.text ?? ""
            case .closedFrom: found.closedFrom?.description ?? ""
            case .moreBranches: list(merchant.branches.dropFirst())
            case .terminals: list(merchant.terminals)
            default: merchant.branches.first.map { field(column, $0) } ?? ""
            }
        }
    }

    private static func field(_ column: MerchantColumn, _ branch: MerchantBranch) -> String {
        switch column {
        case .branchId: branch.branchId.text
        case .branchName: branch.name ?? ""
        case .street: branch.address.street ?? ""
        case .postalCode: branch.address.postalCode
        case .town: branch.address.town
        case .country: branch.address.country
        case .latitude: branch.position.map { "\($0.latitude)" } ?? ""
        case .longitude: branch.position.map { "\($0.longitude)" } ?? ""
        case .openingHours:
            (branch.openingHours ?? []).map { "\($0.weekday) \($0.from)-\($0.until)" }.joined(separator: "; ")
        default: ""
        }
    }

    private static func list(_ values: some Collection<some Encodable>) -> String {
        values.isEmpty ? "" : JSONText.line(Array(values))
    }
}
