import ArgumentParser
import Contracts
import FoundationEssentials

/// What is owed, by age.
struct ReportLiability: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "liability",
        abstract: "What cities owe for vouchers at the end of a day, by the age of the vouchers.",
        discussion: """
            A line for each city, currency and age; ages are months since the month of issue.

            Examples:
              citycoop report liability
              citycoop report liability --day 2026-12-31 --city weiz > liability.csv
            """)

    @Option(help: ArgumentHelp("The day, in UTC; now if it is not given.", valueName: "YYYY-MM-DD"))
    var day: Day?

    @OptionGroup var options: ReportOptions

    static let columns = ["day", "city", "currency", "from_months", "before_months", "owed", "held_of_city"]

    func run() async throws {
        try await options.write { source, write in
            write(ReportTable(rows: [Self.columns]))
            var after: UUID?
            repeat {
                let page = try await source.ask(GetLiability(day: day, cityId: source.cityId, after: after))
                write(ReportTable(rows: Self.rows(page, source.name)))
                after = page.next
            } while after != nil
        }
    }

    static func rows(_ page: GetLiability.Reply, _ name: (UUID) -> String) -> [[String]] {
        page.lines.flatMap { line in
            line.ages.map { age in
                [
                    "\(page.day)", name(line.issuerCityId), line.currency, "\(age.fromMonths)",
                    age.beforeMonths.map(String.init) ?? "", ReportTable.decimal(age.owed),
                    ReportTable.decimal(line.held),
                ]
            }
        }
    }
}

/// Whose vouchers were spent where.
struct ReportMatrix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Whose vouchers were spent where, over some months.",
        discussion: """
            A line for each city that issued, city of the shop, and currency.

            Examples:
              citycoop report matrix
              citycoop report matrix --from 2026-01 --until 2026-12 > matrix.csv
            """)

    @OptionGroup var months: MonthOptions
    @OptionGroup var options: ReportOptions

    static let columns = ["issued_in", "redeemed_in", "currency", "redeemed", "reversed", "redemptions"]

    func run() async throws {
        try await options.write { source, write in
            write(ReportTable(rows: [Self.columns]))
            var after: GetRedemptionMatrix.Key?
            repeat {
                let page = try await source.ask(
                    GetRedemptionMatrix(from: months.first, until: months.last, cityId: source.cityId, after: after))
                write(
                    ReportTable(
                        rows: page.cells.map { cell in
                            [
                                source.name(cell.issuerCityId), source.name(cell.cityId), cell.currency,
                                ReportTable.decimal(cell.redeemed), ReportTable.decimal(cell.reversed),
                                "\(cell.redemptions)",
                            ]
                        }))
                after = page.next
            } while after != nil
        }
    }
}

/// What was sold and spent.
struct ReportMonths: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "months",
        abstract: "What was sold and spent, by month, city and category of shops.",
        discussion: """
            What a city sold stands on its line without a category.

            Examples:
              citycoop report months
              citycoop report months --from 2026-11 --until 2026-12 --city weiz
            """)

    @OptionGroup var months: MonthOptions
    @OptionGroup var options: ReportOptions

    static let columns = ["month", "city", "currency", "category", "issued", "redeemed", "reversed", "redemptions"]

    func run() async throws {
        try await options.write { source, write in
            write(ReportTable(rows: [Self.columns]))
            var after: FindMonthlyFigures.Key?
            repeat {
                let page = try await source.ask(
                    FindMonthlyFigures(from: months.first, until: months.last, cityId: source.cityId, after: after))
                write(
                    ReportTable(
                        rows: page.lines.map { line in
                            [
                                "\(line.month)", source.name(line.cityId), line.currency, line.category ?? "",
                                ReportTable.decimal(line.issued), ReportTable.decimal(line.redeemed),
                                ReportTable.decimal(line.reversed), "\(line.redemptions)",
                            ]
                        }))
                after = page.next
            } while after != nil
        }
    }
}

/// What became of the vouchers of each month.
struct ReportCohorts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cohorts",
        abstract: "What became of the vouchers of each month of issue: how soon they were spent, and what is left.",
        discussion: """
            A line for each month of issue, city and currency. unclaimed_percent is what is owed or expired of what was issued.

            Examples:
              citycoop report cohorts
              citycoop report cohorts --from 2024-01 --until 2025-12 > cohorts.csv
            """)

    @OptionGroup var months: MonthOptions
    @OptionGroup var options: ReportOptions

    static let columns = [
        "month_of_issue", "city", "currency", "issued", "redeemed", "reversed", "expired", "refunded", "moved", "owed",
        "unclaimed_percent", "mean_days_to_redemption",
    ]

    func run() async throws {
        try await options.write { source, write in
            var isFirst = true
            var after: FindCohorts.Key?
            repeat {
                let page = try await source.ask(
                    FindCohorts(from: months.first, until: months.last, cityId: source.cityId, after: after))
                if isFirst { write(ReportTable(rows: [Self.head(page)])) }
                isFirst = false
                write(ReportTable(rows: page.cohorts.map { Self.row($0, source.name) }))
                after = page.next
            } while after != nil
        }
    }

    /// The columns, with those of the times that the answer has.
    static func head(_ page: FindCohorts.Reply) -> [String] {
        columns + (page.cohorts.first?.spent ?? []).map { "redeemed_within_\($0.months)_months" }
    }

    static func row(_ cohort: FindCohorts.Cohort, _ name: (UUID) -> String) -> [String] {
        let amounts = [
            cohort.issued, cohort.redeemed, cohort.reversed, cohort.expired, cohort.refunded, cohort.moved, cohort.owed,
        ]
        return ["\(cohort.month)", name(cohort.issuerCityId), cohort.currency]
            + amounts.map(ReportTable.decimal)
            + [
                ReportTable.decimal(cohort.unclaimedBasisPoints),
                cohort.meanDaysToRedemption.map { "\($0)" } ?? "",
            ] + cohort.spent.map { ReportTable.decimal($0.redeemed) }
    }
}
