import Messaging

extension MessageTransaction {
    /// Writes what a batch changed about seats, in the order of ids.
    mutating func write(_ changes: SeatDecisions.Changes) {
        if !changes.events.isEmpty { write(UpdateSeats(events: changes.events)) }
        if !changes.updated.isEmpty { write(UpdateRegistrations(registrations: changes.updated)) }
        if !changes.inserted.isEmpty { write(InsertRegistrations(registrations: changes.inserted)) }
        if !changes.refused.isEmpty { write(InsertRefusals(refusals: changes.refused)) }
    }
}
