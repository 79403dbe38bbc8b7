extension LanguageTexts {
    /// Magyar.
    static let hungarian = LanguageTexts(
        greeting: "Kedves \(.name)!",
        closing: """
            Üdvözlettel:
            City Coop

            Ez az üzenet automatikusan készült.
            """,
        notes: Notes(
            otherLanguage: "Ez az üzenet magyarul még nem érhető el, ezért itt \(.language) olvasható.",
            otherTitle: "A rendezvény címe csak \(.language) érhető el.",
            missingFact: "Ebből az üzenetből hiányzik egy adat: \(.key).",
            languages: [.de: "németül", .sl: "szlovénül", .hu: "magyarul", .en: "angolul"]),
        texts: [
            .voucherIssued: Text(
                subject: "Az Ön utalványa: \(.value)",
                """
                Az Ön utalványa elkészült.

                Érték: \(.value)
                Kiállítva: \(.issuedAt)

                Az utalvánnyal mostantól fizethet a City Coop városainak részt vevő üzleteiben, egy összegben vagy részletekben.

                A kódot vásárláskor kapta meg. A kód készpénzt ér: aki ismeri, beválthatja az utalványt, ezért őrizze gondosan. E-mailben soha nem írjuk le.
                """),
            .voucherRedeemed: Text(
                subject: "Fizetés az Ön utalványával: \(.amount)",
                """
                Az Ön utalványát beváltották.

                Összeg: \(.amount)
                Időpont: \(.redeemedAt)
                Fennmaradó egyenleg: \(.balance)\(line: "Az utalvány értéke ezzel elfogyott.", if: .isSpent)

                Ha nem Ön fizetett, kérjük, forduljon az utalvány kibocsátójához.
                """),
            .eventRegistered: Text(
                subject: "Jelentkezését rögzítettük: \(.title)",
                """
                Jelentkezését rögzítettük.

                Rendezvény: \(.title)
                Kezdés: \(.startsAt)
                Lefoglalva: \(.seats)

                Ha mégsem tud eljönni, kérjük, mondja le a részvételt, hogy más jöhessen Ön helyett.
                """),
            .eventWaitlisted: Text(
                subject: "Várólista: \(.title)",
                """
                Ön várólistára került, mert jelenleg nincs elég szabad hely.

                Rendezvény: \(.title)
                Kezdés: \(.startsAt)
                Igényelt: \(.seats)

                Amint elég hely felszabadul, és Önre kerül a sor, automatikusan bekerül a résztvevők közé. Erről értesíteni fogjuk.
                """),
            .eventPromoted: Text(
                subject: "Bekerült a résztvevők közé: \(.title)",
                """
                Ön a várólistáról bekerült a résztvevők közé. Jelentkezése ezzel érvényes.

                Rendezvény: \(.title)
                Kezdés: \(.startsAt)
                Lefoglalva: \(.seats)

                Ha mégsem tud eljönni, kérjük, mondja le a részvételt, hogy más jöhessen Ön helyett.
                """),
        ])
}
