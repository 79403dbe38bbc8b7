public import Contracts
import FoundationEssentials
import Postgres

/// The handlers of one service, by the type of message.
public struct HandlerSet<Owner: ServiceOwner>: Sendable {
    private(set) var routes: [String: any Route] = [:]
    private(set) var queries: [String: any QueryRoute] = [:]
    private(set) var copies: [Copy] = []
    private(set) var jobs: [any BackgroundJob] = []
    private(set) var personalData: any PersonalData = NoPersonalData()

    /// Starts with none.
    public init() {}

    /// Adds a handler of commands or events.
    public mutating func add<H: Handler>(_ handler: H) {
        let type = H.Message.type.description
        precondition(routes[type] == nil, "\(type) has two handlers")
        routes[type] = HandlerRoute(handler: handler)
    }

    /// Adds a handler of queries.
    public mutating func add<H: QueryHandler>(_ handler: H) {
        let type = H.Query.type.description
        precondition(queries[type] == nil, "\(type) has two handlers")
        queries[type] = QueryHandlerRoute(handler: handler)
    }

    /// Adds work that the service does by itself.
    public mutating func add(job: some BackgroundJob) {
        jobs.append(job)
    }

    /// Says what the service knows of persons, so that it can be given out and erased.
    public mutating func keepsPersonalData(_ data: some PersonalData) {
        personalData = data
    }

    /// Declares a copy of another service's state, which the added handlers fill.
    ///
    /// - Parameters:
    ///   - kind: What is copied.
    ///   - extent: Reads how much is in the copy: it is complete when there is as much as at the owner.
    public mutating func keepCopy(of kind: Republish.Kind, measuredBy extent: any ExtentStatement) {
        copies.append(Copy(kind: kind, extent: extent))
    }

    /// Adds what every service answers to, and checks that this is what the contracts promise.
    func complete(seal: Seal, limits: MessagingLimits) -> HandlerSet {
        var all = self
        if Owner.name != AccessGranted.type.owner {
            all.add(KeepGrants())
            all.keepCopy(of: .grants, measuredBy: MeasureGrants())
        }
        if !all.copies.isEmpty { all.add(CompleteCopies(copies: all.copies)) }
        all.add(RedriveFailedMessages<Owner>())
        all.add(DiscardFailedMessages<Owner>())
        all.add(TellStatus<Owner>(copies: all.copies.map(\.kind.rawValue), limits: limits))
        all.add(ListFailedMessages<Owner>(limits: limits))
        all.add(CountFailedMessages<Owner>(limits: limits))
        all.add(TellRedrive<Owner>())
        all.add(RevealFailedMessage<Owner>(seal: seal, limits: limits))
        all.add(ShowFailedMessage<Owner>(routes: all.routes, seal: seal, limits: limits))
        all.add(EditFailedMessage<Owner>(routes: all.routes, seal: seal, limits: limits))
        all.add(ListAuditedEvents<Owner>(limits: limits))
        all.add(ExportPersonalData<Owner>(data: personalData, seal: seal, limits: limits))
        let eraser = PersonEraser(data: personalData, seal: seal, limits: limits)
        all.add(ErasePersonalData<Owner>(eraser: eraser))
        all.add(ListErasedPersons<Owner>())
        all.add(EraseRestoredPersons<Owner>(eraser: eraser))
        all.add(PauseIntakeOfService<Owner>())
        all.add(ResumeIntakeOfService<Owner>())
        all.add(job: SealAudit(service: Owner.name, max: limits.auditSealMax))
        let promised = Set(
            Catalogue.requests(of: Owner.name).map(\.type.description)
                + Catalogue.subscriptions(of: Owner.name).map(\.description))
        let handled = Set(all.routes.keys).union(all.queries.keys)
        precondition(
            promised == handled, "handlers and contracts differ: \(promised.symmetricDifference(handled).sorted())")
        return all
    }

    /// The routes of one queue.
    func routes(of queue: QueueName) -> [String: any Route] {
        let types =
            queue == .events
            ? Catalogue.subscriptions(of: Owner.name).map(\.description)
            : Catalogue.requests(of: Owner.name).filter { $0.queue == queue }.map(\.type.description)
        return routes.filter { types.contains($0.key) }
    }
}
