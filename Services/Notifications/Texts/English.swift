extension LanguageTexts {
    /// English.
    static let english = LanguageTexts(
        greeting: "Dear \(.name),",
        closing: """
            Kind regards
            City Coop

            This message was created automatically.
            """,
        notes: Notes(
            otherLanguage: "This message does not exist in English yet; here it is in \(.language).",
            otherTitle: "The title of the event exists in \(.language) only.",
            missingFact: "A detail is missing from this message: \(.key).",
            languages: [.de: "German", .sl: "Slovenian", .hu: "Hungarian", .en: "English"]),
        texts: [
            .voucherIssued: Text(
                subject: "Your voucher for \(.value)",
                """
                Your voucher has been issued.

                Value: \(.value)
                Issued: \(.issuedAt)

                You can pay with it from now on in the participating shops of all City Coop cities, at once or in parts.

                You were given the code when you bought the voucher. It is as good as cash: whoever knows it can spend the voucher. So keep it safe. We never put it into an e-mail.
                """),
            .voucherRedeemed: Text(
                subject: "Paid with your voucher: \(.amount)",
                """
                Your voucher has been used.

                Amount: \(.amount)
                Time: \(.redeemedAt)
                Left on the voucher: \(.balance)\(line: "With this the voucher is used up.", if: .isSpent)

                If it was not you who paid, please contact the office that issued the voucher.
                """),
            .eventRegistered: Text(
                subject: "Registration confirmed: \(.title)",
                """
                Your registration is confirmed.

                Event: \(.title)
                Starts: \(.startsAt)
                Reserved: \(.seats)

                If you cannot come, please cancel, so that somebody else can have your place.
                """),
            .eventWaitlisted: Text(
                subject: "Waiting list: \(.title)",
                """
                You are on the waiting list, because there are not enough free seats at present.

                Event: \(.title)
                Starts: \(.startsAt)
                Wanted: \(.seats)

                As soon as enough seats become free and it is your turn, you will be registered automatically. We will tell you then.
                """),
            .eventPromoted: Text(
                subject: "You have moved up: \(.title)",
                """
                You have moved up from the waiting list. Your registration is now confirmed.

                Event: \(.title)
                Starts: \(.startsAt)
                Reserved: \(.seats)

                If you cannot come, please cancel, so that somebody else can have your place.
                """),
        ])
}
