import Contracts
import Messaging

extension VouchersDefinition {
    /// What settles: runs, accounts, payments.
    static func addSettlement(_ handlers: inout HandlerSet<VouchersService>, seal: Seal) {
        handlers.add(PrepareSettlements())
        handlers.add(CloseSettlements())
        handlers.add(GetSettlementByID())
        handlers.add(ListSettlements())
        handlers.add(ListStatements())
        handlers.add(GetStatementLines())
        handlers.add(TellStatementFile())
        handlers.add(job: SettleRuns())
        handlers.add(SetSettlementAccounts(seal: seal))
        handlers.add(KeepMerchantAccounts(seal: seal))
        handlers.add(ListPayouts())
        handlers.add(GivePaymentFile(seal: seal))
        handlers.add(ConfirmArrivedPayouts())
        handlers.add(ReturnPayouts())
    }
}
