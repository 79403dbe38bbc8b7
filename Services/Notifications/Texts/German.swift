extension TextCatalogue {
    static let german: [Template: TemplateText] = [
        .voucherIssued: TemplateText(
            subject: "Ihr Gutschein über {{value}}",
            body: """
                Guten Tag {{name}},

                für Sie wurde ein Gutschein ausgestellt.

                Wert: {{value}}
                Ausgestellt: {{date}}

                Den Gutscheincode haben Sie beim Kauf erhalten. Wir senden ihn nie per E-Mail und fragen nie danach. \
                Wer den Code kennt, kann den Gutschein einlösen; bewahren Sie ihn daher wie Bargeld auf.

                Freundliche Grüße
                City Coop

                """),
        .voucherRedeemed: TemplateText(
            subject: "Gutschein eingelöst: {{amount}}",
            body: """
                Guten Tag {{name}},

                Ihr Gutschein wurde eingelöst.

                Eingelöster Betrag: {{amount}}
                Restguthaben: {{balance}}
                Zeitpunkt: {{date}}

                {{#spent}}Das Guthaben ist damit aufgebraucht.{{/spent}}\
                {{^spent}}Das Restguthaben können Sie weiterhin mit demselben Code einlösen.{{/spent}}

                Freundliche Grüße
                City Coop

                """),
        .eventRegistered: TemplateText(
            subject: "Anmeldung bestätigt: {{title}}",
            body: """
                Guten Tag {{name}},

                Ihre Anmeldung ist bestätigt.

                Veranstaltung: {{title}}
                Beginn: {{date}}
                Plätze: {{seats}}

                Falls Sie nicht kommen können, melden Sie sich bitte wieder ab. Dann kann jemand von der Warteliste \
                nachrücken.

                Freundliche Grüße
                City Coop

                """),
        .eventWaitlisted: TemplateText(
            subject: "Auf der Warteliste: {{title}}",
            body: """
                Guten Tag {{name}},

                derzeit sind nicht genügend Plätze frei. Sie stehen auf der Warteliste.

                Veranstaltung: {{title}}
                Beginn: {{date}}
                Gewünschte Plätze: {{seats}}

                Sobald Sie nachrücken, verständigen wir Sie.

                Freundliche Grüße
                City Coop

                """),
        .eventPromoted: TemplateText(
            subject: "Sie sind nachgerückt: {{title}}",
            body: """
                Guten Tag {{name}},

                es ist Platz geworden: Sie sind von der Warteliste nachgerückt und jetzt angemeldet.

                Veranstaltung: {{title}}
                Beginn: {{date}}
                Plätze: {{seats}}

                Falls Sie nicht kommen können, melden Sie sich bitte wieder ab. Dann kann jemand anderer nachrücken.

                Freundliche Grüße
                City Coop

                """),
    ]
}
