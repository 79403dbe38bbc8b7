import Contracts
import Messaging

/// Tells somebody that the seats are reserved.
struct TellPersonRegistered: TellingHandler {
    typealias Message = PersonRegistered

    let newsroom: Newsroom

    func occasion(of event: PersonRegistered) -> Occasion? {
        Occasion(.eventRegistered, event.registration)
    }
}
