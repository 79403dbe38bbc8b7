import Contracts
import FoundationEssentials
import Messaging

extension MessageTransaction {
    /// Sends a request to services, and sees to it that those which do not answer are asked again.
    mutating func ask(
        _ services: [ServiceName], for request: PrivacyRequest, about person: UUID, attempts: Int,
        because cause: Received<some Message>
    ) {
        for service in services {
            switch service {
            case .cities: ask(CitiesService.self, for: request, about: person, because: cause)
            case .events: ask(EventsService.self, for: request, about: person, because: cause)
            case .vouchers: ask(VouchersService.self, for: request, about: person, because: cause)
            case .notifications: ask(NotificationsService.self, for: request, about: person, because: cause)
            }
        }
        schedule(
            RepeatPrivacyRequest(requestId: request.requestId, attempts: attempts + 1),
            at: now.addingTimeInterval(PrivacyReminder.delay(after: attempts)), because: cause)
    }

    private mutating func ask<Owner: ServiceOwner>(
        _ owner: Owner.Type, for request: PrivacyRequest, about person: UUID, because cause: Received<some Message>
    ) {
        switch request.kind {
        case .export:
            send(ExportPerson<Owner>(requestId: request.requestId, personId: person), because: cause)
        case .erasure:
            send(
                ErasePerson<Owner>(requestId: request.requestId, personId: person, reason: request.reason),
                because: cause)
        }
    }
}
