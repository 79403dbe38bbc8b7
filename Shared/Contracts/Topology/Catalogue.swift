/// Every message of the suite: what each service answers to, what it says, what it hears.
public enum Catalogue {
    /// A request and the queue that it waits in.
    public struct Entry: Sendable {
        /// The request itself, for whoever goes over all of them.
        public let request: any Request.Type
        /// The request's type.
        public let type: MessageType
        /// The queue of its owner.
        public let queue: QueueName

        init(_ command: any Command.Type) {
            request = command
            type = command.type
            queue = command.queue
        }

        init(_ query: any Query.Type) {
            request = query
            type = query.type
            queue = .queries
        }
    }

    /// The messages of one room of a service; they stand beside their contracts.
    struct Group: Sendable {
        var requests: [Entry]
        var events: [any Event.Type]
    }

    /// The rooms of vouchers.
    static let vouchers: [Group] = [
        issuing, redeeming, holds, reversals, books, programmes, expiry, limitedNetwork, life, throttle, settlement,
        payments, reports, orders, orderCancellation, policies,
    ]

    /// What a service answers to.
    public static func requests(of service: ServiceName) -> [Entry] {
        switch service {
        case .cities:
            [
                Entry(RegisterCity.self), Entry(RegisterMerchant.self), Entry(Republish.self), Entry(FindCities.self),
                Entry(GetCity.self), Entry(RequestExport.self), Entry(RequestErasure.self),
                Entry(AnswerPrivacyRequest.self), Entry(RepeatPrivacyRequest.self), Entry(GetPrivacyRequest.self),
                Entry(ReviseCity.self),
                Entry(DraftProfile.self), Entry(ReviewProfile.self), Entry(PublishProfile.self),
                Entry(GetProfile.self),
                Entry(RegisterPartner.self), Entry(FindPartners.self),
                Entry(SetMembership.self), Entry(FindMembers.self),
                Entry(SetAcceptance.self), Entry(FindAcceptance.self),
                Entry(GrantAccess.self), Entry(RevokeAccess.self), Entry(FindGrants.self),
                Entry(FindCitiesGeoJSON.self),
                Entry(SetIndicator.self), Entry(FindIndicators.self), Entry(GetIndicatorHistory.self),
                Entry(ReviseMerchant.self), Entry(CloseMerchant.self), Entry(ImportMerchants.self),
                Entry(GetMerchant.self), Entry(GetMerchantAccount.self), Entry(FindMerchants.self),
                Entry(FindMerchantsGeoJSON.self), Entry(GetImportReport.self), Entry(AskMerchantAccounts.self),
            ] + operations(CitiesService.self)
        case .events:
            [
                Entry(PublishEvent.self), Entry(RegisterForEvent.self), Entry(CancelRegistration.self),
                Entry(GetEvent.self),
            ] + operations(EventsService.self)
        case .vouchers:
            vouchers.flatMap(\.requests) + operations(VouchersService.self)
        case .notifications:
            [Entry(SetContact.self)] + operations(NotificationsService.self)
        }
    }

    /// What a service says: events and refusals.
    public static func events(of service: ServiceName) -> [any Event.Type] {
        switch service {
        case .cities:
            [
                CityRegistered.self, CityRefused.self, MerchantRegistered.self, MerchantRefused.self, Republished.self,
                AccessGranted.self, PrivacyRequestCompleted.self, IndicatorSet.self,
                ProfilePublished.self, PartnerRegistered.self, MembershipChanged.self, AcceptanceChanged.self,
                ProfileDrafted.self, ProfileReviewed.self,
            ] + acts(CitiesService.self)
        case .events:
            [
                EventPublished.self, PublicationRefused.self, PersonRegistered.self, PersonWaitlisted.self,
                PersonPromoted.self, RegistrationRefused.self, RegistrationCancelled.self, CancellationRefused.self,
            ] + acts(EventsService.self)
        case .vouchers:
            vouchers.flatMap(\.events) + acts(VouchersService.self)
        case .notifications:
            [NotificationDelivered.self] + acts(NotificationsService.self)
        }
    }

    /// What a service hears of the others; besides what it asked for, who may do what, of which each keeps a copy.
    public static func subscriptions(of service: ServiceName) -> [MessageType] {
        let copies = [AccessGranted.type, Republished.type]
        return switch service {
        case .cities:
            []
        case .events:
            copies
        case .vouchers:
            [CityRegistered.type, MerchantRegistered.type, MembershipChanged.type, AcceptanceChanged.type] + copies
        case .notifications:
            [
                VoucherIssued.type, VoucherRedeemed.type, PersonRegistered.type, PersonWaitlisted.type,
                PersonPromoted.type,
            ] + copies
        }
    }

    /// The commands that a service sends to others: it asks for what its copies lack.
    public static func calls(of service: ServiceName) -> [MessageType] {
        let own: [MessageType] =
            switch service {
            case .cities:
                // To itself as well: it answers like every other, and reminds itself of what is open.
                [
                    ExportPerson<CitiesService>.type, ErasePerson<CitiesService>.type,
                    ExportPerson<EventsService>.type, ErasePerson<EventsService>.type,
                    ExportPerson<VouchersService>.type, ErasePerson<VouchersService>.type,
                    ExportPerson<NotificationsService>.type, ErasePerson<NotificationsService>.type,
                    RepeatPrivacyRequest.type, TakeMerchantAccounts.type,
                ]
            case .vouchers: [Republish.type, AskMerchantAccounts.type]
            case .events, .notifications: [Republish.type]
            }
        return own + [AnswerPrivacyRequest.type]
    }

    private static func operations<Owner: ServiceOwner>(_ owner: Owner.Type) -> [Entry] {
        [
            Entry(GetStatus<Owner>.self), Entry(FindFailures<Owner>.self), Entry(GetFailure<Owner>.self),
            Entry(FindFailureGroups<Owner>.self), Entry(RedriveFailures<Owner>.self), Entry(GetRedrive<Owner>.self),
            Entry(DiscardFailures<Owner>.self), Entry(EditFailure<Owner>.self), Entry(RevealFailure<Owner>.self),
            Entry(FindAudit<Owner>.self), Entry(ExportPerson<Owner>.self), Entry(ErasePerson<Owner>.self),
            Entry(FindTombstones<Owner>.self), Entry(ApplyTombstones<Owner>.self),
            Entry(PauseIntake<Owner>.self), Entry(ResumeIntake<Owner>.self),
        ]
    }
    /// What operators do about failed messages.
    private static func acts<Owner: ServiceOwner>(_ owner: Owner.Type) -> [any Event.Type] {
        [
            FailureRedriven<Owner>.self, FailureDiscarded<Owner>.self, FailureEdited<Owner>.self,
            FailureRevealed<Owner>.self,
        ]
    }
}
