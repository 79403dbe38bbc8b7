import Contracts
import Messaging

extension VouchersDefinition {
    /// Adds the handlers and jobs of reports.
    static func addReports(_ handlers: inout HandlerSet<VouchersService>) {
        handlers.add(job: KeepDailyFigures())
        handlers.add(job: MakeJournalPartitions())
        handlers.add(TellLiability())
        handlers.add(TellRedemptionMatrix())
        handlers.add(ListMonthlyFigures())
        handlers.add(ListCohorts())
        handlers.add(VerifyLedgers())
    }
}
