import Contracts
import Messaging

extension VouchersDefinition {
    /// Orders, printed stock, and the files that codes leave in.
    static func addOrders(
        _ handlers: inout HandlerSet<VouchersService>, keys: CodeKeys, seal: Seal, folder: String, throttle: Throttle
    ) {
        let maker = CodeFileMaker(keys: keys, seal: seal, folder: folder)
        handlers.add(PlaceOrders())
        handlers.add(CancelOrders())
        handlers.add(ActivateStocks(keys: keys, throttle: throttle))
        handlers.add(CollectOrderCodes(maker: maker))
        handlers.add(ReprintOrderCodes(maker: maker))
        handlers.add(GetOrderOfCity())
        handlers.add(FindOrdersOfCity())
        handlers.add(job: ProduceOrders(keys: keys, seal: seal))
        handlers.add(job: CancelOrderedVouchers())
        handlers.add(job: ForgetOrderCodes())
    }
}
