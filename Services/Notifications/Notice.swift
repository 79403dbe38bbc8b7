import Contracts
import FoundationEssentials

/// Something that a person is to be told because of an event.
struct Notice: Equatable, Sendable {
    let template: Template
    let personId: UUID
    /// Without the person's name, which only the contact knows.
    let values: [String: TextValue]

    /// Vouchers belong to no place; their times are those of the region.
    static let regionTimeZone = "Europe/Vienna"

    /// Nobody is told of a voucher without a person.
    init?(_ event: VoucherIssued) {
        guard let person = event.personId else { return nil }
        template = .voucherIssued
        personId = person
        values = [
            "value": .money(event.value), "date": .moment(event.issuedAt, timeZone: Notice.regionTimeZone),
        ]
    }

    /// Nobody is told of a voucher without a person.
    init?(_ event: VoucherRedeemed) {
        guard let person = event.personId else { return nil }
        template = .voucherRedeemed
        personId = person
        values = [
            "amount": .money(event.amount), "balance": .money(event.balance),
            "date": .moment(event.redeemedAt, timeZone: Notice.regionTimeZone),
            "spent": .flag(event.balance.amount == 0),
        ]
    }

    init(_ event: PersonRegistered) {
        self.init(.eventRegistered, event.registration)
    }

    init(_ event: PersonWaitlisted) {
        self.init(.eventWaitlisted, event.registration)
    }

    init(_ event: PersonPromoted) {
        self.init(.eventPromoted, event.registration)
    }

    private init(_ template: Template, _ registration: RegistrationFacts) {
        self.template = template
        personId = registration.personId
        values = [
            "title": .localized(registration.title),
            "date": .moment(registration.startsAt, timeZone: registration.timeZone),
            "seats": .number(registration.party),
        ]
    }

    /// Everything that the text names.
    func values(greeting name: String) -> [String: TextValue] {
        values.merging(["name": .text(name)]) { _, name in name }
    }
}
