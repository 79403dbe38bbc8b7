extension LanguageTexts {
    /// Deutsch, for readers in Austria.
    static let german = LanguageTexts(
        greeting: "Guten Tag \(.name),",
        closing: """
            Freundliche Grüße
            City Coop

            Diese Nachricht wurde automatisch erstellt.
            """,
        notes: Notes(
            otherLanguage: "Diese Nachricht gibt es noch nicht auf Deutsch; hier steht sie auf \(.language).",
            otherTitle: "Den Titel der Veranstaltung gibt es nur auf \(.language).",
            missingFact: "In dieser Nachricht fehlt eine Angabe: \(.key).",
            languages: [.de: "Deutsch", .sl: "Slowenisch", .hu: "Ungarisch", .en: "Englisch"]),
        texts: [
            .voucherIssued: Text(
                subject: "Ihr Gutschein über \(.value)",
                """
                Ihr Gutschein ist ausgestellt.

                Wert: \(.value)
                Ausgestellt: \(.issuedAt)

                Sie können damit ab sofort in den teilnehmenden Geschäften aller Städte von City Coop bezahlen, auf einmal oder in Teilbeträgen.

                Den Code haben Sie beim Kauf erhalten. Er ist so gut wie Bargeld: Wer ihn kennt, kann den Gutschein einlösen. Bewahren Sie ihn deshalb gut auf. In E-Mails nennen wir ihn nie.
                """),
            .voucherRedeemed: Text(
                subject: "Mit Ihrem Gutschein bezahlt: \(.amount)",
                """
                Ihr Gutschein wurde eingelöst.

                Betrag: \(.amount)
                Zeitpunkt: \(.redeemedAt)
                Restguthaben: \(.balance)\(line: "Damit ist der Gutschein aufgebraucht.", if: .isSpent)

                Wenn Sie nicht selbst bezahlt haben, wenden Sie sich bitte an die Ausgabestelle des Gutscheins.
                """),
            .eventRegistered: Text(
                subject: "Anmeldung bestätigt: \(.title)",
                """
                Ihre Anmeldung ist bestätigt.

                Veranstaltung: \(.title)
                Beginn: \(.startsAt)
                Reserviert: \(.seats)

                Wenn Sie verhindert sind, sagen Sie bitte ab, damit andere nachrücken können.
                """),
            .eventWaitlisted: Text(
                subject: "Warteliste: \(.title)",
                """
                Sie stehen auf der Warteliste, denn derzeit sind nicht genügend Plätze frei.

                Veranstaltung: \(.title)
                Beginn: \(.startsAt)
                Gewünscht: \(.seats)

                Sobald genügend Plätze frei werden und Sie an der Reihe sind, rücken Sie automatisch nach. Wir verständigen Sie dann.
                """),
            .eventPromoted: Text(
                subject: "Sie sind nachgerückt: \(.title)",
                """
                Sie sind von der Warteliste nachgerückt. Damit ist Ihre Anmeldung bestätigt.

                Veranstaltung: \(.title)
                Beginn: \(.startsAt)
                Reserviert: \(.seats)

                Wenn Sie verhindert sind, sagen Sie bitte ab, damit andere nachrücken können.
                """),
        ])
}
