import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Settles a month with merchants and between cities.
struct SettlementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settlement",
        abstract: "Settle a month: prepare it, look at it, close it, take the files to the banks, note what arrived.",
        discussion: """
            A month's end, in order; a run can be prepared again until it is closed, and never changes afterwards:
              citycoop settlement prepare --month 2026-12
              citycoop settlement statements > statements.csv
              citycoop settlement close --pay-on 2027-01-05
              citycoop settlement files banks/
              citycoop settlement confirm --city weiz --paid-on 2027-01-05

            Where no run is named, the latest is meant.
            """,
        subcommands: [
            SettlementAccountCommand.self, SettlementPrepare.self, SettlementShow.self, SettlementStatements.self,
            SettlementClose.self, SettlementFiles.self, SettlementConfirm.self, SettlementReturn.self,
        ])
}

/// What all subcommands of `settlement` take.
struct SettlementOptions: ParsableArguments {
    @Option(help: "Seconds to wait for each answer, and for work that is to be done.")
    var timeout = Seconds(60)

    /// Connects, and hands over what settles.
    func with(_ body: (Settlements) async throws -> Void) async throws {
        try await reporting {
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                try await body(Settlements(stage: Stage(requester: session.requester, limit: timeout.duration)))
            }
        }
    }
}

/// Which run is meant.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The run of this month.", valueName: "YYYY-MM"))
    var month: Month?

    @Option(help: ArgumentHelp("The run with this id.", valueName: "id"), transform: uuid)
    var run: UUID?

    func validate() throws {
        if month != nil && run != nil { throw ValidationError("Give either --month or --run.") }
    }

    /// The run's id.
    func find(in settlements: Settlements) async throws -> UUID {
        if let run { return run }
        if let month {
            guard let found = try await settlements.run(of: month.period) else {
                throw CommandFailure(
                    .refused, "There is no settlement of \(month).",
                    hint: "citycoop settlement prepare --month \(month)  makes it")
            }
            return found.runId
        }
        guard let latest = try await settlements.latest() else {
            throw CommandFailure(
                .refused, "Nothing was settled yet.", hint: "citycoop settlement prepare --month YYYY-MM  begins")
        }
        return latest.runId
    }
}

extension Month {
    /// Its days.
    var period: Period { Period(from: firstDay, until: advanced(by: 1).firstDay) }
}
