import Contracts
import FoundationEssentials

/// Everybody has been told, each in the right language.
struct MailChapter {
    let watch: EventWatch
    /// Where the mails are; absent if that is not known here.
    let mails: MailFolder?
    let limit: Duration

    /// What has to be told to whom because of the chapters before.
    static let expected = [
        Delivered(Cast.clara, "voucher-issued"), Delivered(Cast.ana, "voucher-issued"),
        Delivered(Cast.bence, "voucher-issued"), Delivered(Cast.ana, "voucher-redeemed"),
        Delivered(Cast.clara, "voucher-redeemed"), Delivered(Cast.bence, "voucher-redeemed"),
        Delivered(Cast.clara, "event-registered"),
        Delivered(Cast.ana, "event-registered"), Delivered(Cast.bence, "event-waitlisted"),
        Delivered(Cast.bence, "event-promoted"),
    ]

    func tell() async throws {
        Story.chapter("Everybody is told, each in their own language")
        let watch = watch
        let gathered = try await Progress.during("waiting for the mails") {
            try await within(limit) { try await Self.gather(watch) }
        }
        guard let gathered else {
            throw CommandFailure(
                .deadline, "notifications has not delivered all \(Self.expected.count) mails in time.",
                hint: "citycoop status  tells how it is, citycoop dead list  what could not be handled")
        }
        for person in Cast.people {
            let theirs = gathered.filter { $0.personId == person.id }
            Story.tell("\(person.name), in \(Languages.name(of: person.language)):")
            for delivered in theirs {
                let subject = mails?.subject(of: delivered.notificationId)
                Story.tell("    \(subject.map { "\"\($0)\"" } ?? delivered.template)")
            }
            if let strange = theirs.first(where: { $0.language != person.language }) {
                throw CommandFailure(.refused, "\(person.name) was told in \(strange.language): \(strange.template).")
            }
        }
        let place = mails.map { "; the mails are in \($0.path)" } ?? ""
        Story.tell("\(gathered.count) mails from what other services said\(place).")
        Terminal.write("      \(Delivered.type)")
    }

    /// Takes deliveries until everything expected is among them.
    private static func gather(_ watch: EventWatch) async throws -> [NotificationDelivered] {
        var missing = expected
        var gathered: [NotificationDelivered] = []
        while !missing.isEmpty {
            for event in try await watch.next(max: 100) {
                guard let delivered = event.decoded(NotificationDelivered.self),
                    let index = missing.firstIndex(of: Delivered(delivered))
                else { continue }
                missing.remove(at: index)
                gathered.append(delivered)
            }
        }
        return gathered
    }
}

/// A person and what they were told.
struct Delivered: Hashable, Sendable {
    /// The type of the event.
    static let type = NotificationDelivered.type.description

    let person: UUID
    let template: String

    init(_ person: Cast.Person, _ template: String) {
        self.person = person.id
        self.template = template
    }

    init(_ event: NotificationDelivered) {
        person = event.personId
        template = event.template
    }
}
