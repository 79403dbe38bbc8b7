import Contracts
import Messaging

/// Tells somebody who waited that the seats are reserved now.
struct TellPersonPromoted: TellingHandler {
    typealias Message = PersonPromoted

    let newsroom: Newsroom

    func occasion(of event: PersonPromoted) -> Occasion? {
        Occasion(.eventPromoted, event.registration)
    }
}
