extension LanguageTexts {
    /// Slovenščina.
    static let slovenian = LanguageTexts(
        greeting: "Pozdravljeni, \(.name)!",
        closing: """
            Lep pozdrav
            City Coop

            To sporočilo je bilo ustvarjeno samodejno.
            """,
        notes: Notes(
            otherLanguage: "Tega sporočila v slovenščini še ni; tukaj je v \(.language).",
            otherTitle: "Naslov prireditve je na voljo samo v \(.language).",
            missingFact: "V tem sporočilu manjka podatek: \(.key).",
            languages: [.de: "nemščini", .sl: "slovenščini", .hu: "madžarščini", .en: "angleščini"]),
        texts: [
            .voucherIssued: Text(
                subject: "Vaš vrednostni bon: \(.value)",
                """
                Vaš vrednostni bon je izdan.

                Vrednost: \(.value)
                Izdan: \(.issuedAt)

                Z njim lahko takoj plačujete v sodelujočih trgovinah vseh mest City Coop, v enem znesku ali po delih.

                Kodo ste prejeli ob nakupu. Vredna je toliko kot gotovina: kdor jo pozna, lahko bon unovči. Zato jo skrbno hranite. V e-pošti je nikoli ne navajamo.
                """),
            .voucherRedeemed: Text(
                subject: "Plačilo z vašim bonom: \(.amount)",
                """
                Vaš vrednostni bon je bil unovčen.

                Znesek: \(.amount)
                Čas: \(.redeemedAt)
                Preostanek na bonu: \(.balance)\(line: "Bon je s tem v celoti porabljen.", if: .isSpent)

                Če niste plačali vi, se, prosimo, obrnite na izdajatelja bona.
                """),
            .eventRegistered: Text(
                subject: "Prijava potrjena: \(.title)",
                """
                Vaša prijava je potrjena.

                Prireditev: \(.title)
                Začetek: \(.startsAt)
                Rezervirano: \(.seats)

                Če se prireditve ne boste mogli udeležiti, se, prosimo, odjavite, da bo lahko prišel kdo drug.
                """),
            .eventWaitlisted: Text(
                subject: "Čakalni seznam: \(.title)",
                """
                Uvrščeni ste na čakalni seznam, saj trenutno ni dovolj prostih mest.

                Prireditev: \(.title)
                Začetek: \(.startsAt)
                Želeno: \(.seats)

                Ko se bo sprostilo dovolj mest in boste na vrsti, boste prijavljeni samodejno. O tem vas bomo obvestili.
                """),
            .eventPromoted: Text(
                subject: "S čakalnega seznama med prijavljene: \(.title)",
                """
                S čakalnega seznama ste prišli med prijavljene. Vaša prijava je s tem potrjena.

                Prireditev: \(.title)
                Začetek: \(.startsAt)
                Rezervirano: \(.seats)

                Če se prireditve ne boste mogli udeležiti, se, prosimo, odjavite, da bo lahko prišel kdo drug.
                """),
        ])
}
