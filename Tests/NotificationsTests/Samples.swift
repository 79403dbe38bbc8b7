import Contracts
import FoundationEssentials

@testable import notifications

/// Facts for every template, as its events give them.
enum Samples {
    /// Six in the evening in Vienna, in winter.
    static let evening = Timestamp(Date(timeIntervalSince1970: 1_797_094_800))
    static let title: LocalizedText = [
        "de": "Kürbisfest & Markt", "sl": "Praznik buč in tržnica", "hu": "Tökfesztivál és vásár",
        "en": "Pumpkin Festival & Market",
    ]

    static func facts(_ template: Template) -> Facts {
        switch template {
        case .voucherIssued: ["value": .money(Money(5_000, "EUR")), "issuedAt": .localDay(evening)]
        case .voucherRedeemed:
            [
                "amount": .money(Money(1_250, "EUR")), "balance": .money(Money(123_750, "EUR")),
                "redeemedAt": .localMoment(evening), "isSpent": .flag(false),
            ]
        case .eventRegistered, .eventWaitlisted, .eventPromoted:
            ["title": .text(title), "startsAt": .moment(evening, timeZone: "Europe/Ljubljana"), "seats": .seats(2)]
        }
    }

    static let everything: [(Template, Language)] = Template.allCases.flatMap { template in
        Language.allCases.map { (template, $0) }
    }

    static func mail(_ name: String, _ text: RenderedText, address: String = "ana@posta.example") throws -> MailMessage
    {
        guard let from = MailAddress(mailbox: "City Coop <no-reply@citycoop.example>"),
            let to = MailAddress(name: name, address: address),
            let id = UUID(uuidString: "0199A0B1-C2D3-7E4F-8A5B-6C7D8E9F0A1B")
        else { throw NoSample() }
        return MailMessage(from: from, to: to, text: text, notificationId: id, date: evening.date)
    }

    struct NoSample: Error {}
}
