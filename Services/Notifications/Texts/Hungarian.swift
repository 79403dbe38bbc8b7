extension TextCatalogue {
    static let hungarian: [Template: TemplateText] = [
        .voucherIssued: TemplateText(
            subject: "Az Ön utalványa: {{value}}",
            body: """
                Kedves {{name}}!

                Utalványt állítottak ki az Ön részére.

                Érték: {{value}}
                Kiállítás: {{date}}

                Az utalvány kódját vásárláskor kapta meg. A kódot e-mailben soha nem küldjük el, és soha nem is \
                kérjük. Aki ismeri a kódot, beválthatja az utalványt, ezért úgy őrizze, mint a készpénzt.

                Üdvözlettel:
                City Coop

                """),
        .voucherRedeemed: TemplateText(
            subject: "Utalvány beváltva: {{amount}}",
            body: """
                Kedves {{name}}!

                Az Ön utalványát beváltották.

                Beváltott összeg: {{amount}}
                Fennmaradó egyenleg: {{balance}}
                Időpont: {{date}}

                {{#spent}}Az egyenleg ezzel elfogyott.{{/spent}}\
                {{^spent}}A fennmaradó egyenleget ugyanazzal a kóddal továbbra is beválthatja.{{/spent}}

                Üdvözlettel:
                City Coop

                """),
        .eventRegistered: TemplateText(
            subject: "Jelentkezés visszaigazolva: {{title}}",
            body: """
                Kedves {{name}}!

                Jelentkezését visszaigazoljuk.

                Esemény: {{title}}
                Kezdés: {{date}}
                Helyek száma: {{seats}}

                Ha nem tud eljönni, kérjük, mondja le a részvételt, hogy a helyet valaki megkaphassa a várólistáról.

                Üdvözlettel:
                City Coop

                """),
        .eventWaitlisted: TemplateText(
            subject: "Várólistán: {{title}}",
            body: """
                Kedves {{name}}!

                Jelenleg nincs elég szabad hely, ezért felvettük Önt a várólistára.

                Esemény: {{title}}
                Kezdés: {{date}}
                Kért helyek száma: {{seats}}

                Amint elegendő hely szabadul fel, és Ön kerül sorra, értesítjük.

                Üdvözlettel:
                City Coop

                """),
        .eventPromoted: TemplateText(
            subject: "Bekerült a résztvevők közé: {{title}}",
            body: """
                Kedves {{name}}!

                Elegendő hely szabadult fel: Ön a várólistáról bekerült a résztvevők közé.

                Esemény: {{title}}
                Kezdés: {{date}}
                Helyek száma: {{seats}}

                Ha nem tud eljönni, kérjük, mondja le a részvételt, hogy a helyet másvalaki megkaphassa.

                Üdvözlettel:
                City Coop

                """),
    ]
}
