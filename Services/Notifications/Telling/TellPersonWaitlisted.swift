import Contracts
import Messaging

/// Tells somebody that the party waits in line.
struct TellPersonWaitlisted: TellingHandler {
    typealias Message = PersonWaitlisted

    let newsroom: Newsroom

    func occasion(of event: PersonWaitlisted) -> Occasion? {
        Occasion(.eventWaitlisted, event.registration)
    }
}
