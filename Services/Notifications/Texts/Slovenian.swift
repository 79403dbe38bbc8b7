extension TextCatalogue {
    static let slovenian: [Template: TemplateText] = [
        .voucherIssued: TemplateText(
            subject: "Vaš darilni bon v vrednosti {{value}}",
            body: """
                Pozdravljeni, {{name}}!

                Za vas je bil izdan darilni bon.

                Vrednost: {{value}}
                Izdano: {{date}}

                Kodo bona ste prejeli ob nakupu. Po e-pošti je nikoli ne pošiljamo in po njej nikoli ne sprašujemo. \
                Bon lahko unovči vsak, ki pozna kodo, zato jo hranite kot gotovino.

                Lep pozdrav
                City Coop

                """),
        .voucherRedeemed: TemplateText(
            subject: "Darilni bon unovčen: {{amount}}",
            body: """
                Pozdravljeni, {{name}}!

                Vaš darilni bon je bil unovčen.

                Unovčeni znesek: {{amount}}
                Preostalo dobroimetje: {{balance}}
                Čas: {{date}}

                {{#spent}}Dobroimetje je s tem porabljeno.{{/spent}}\
                {{^spent}}Preostalo dobroimetje lahko še naprej unovčite z isto kodo.{{/spent}}

                Lep pozdrav
                City Coop

                """),
        .eventRegistered: TemplateText(
            subject: "Prijava potrjena: {{title}}",
            body: """
                Pozdravljeni, {{name}}!

                Vaša prijava je potrjena.

                Dogodek: {{title}}
                Začetek: {{date}}
                Število mest: {{seats}}

                Če ne morete priti, prosimo, odpovejte prijavo. Tako lahko mesto dobi nekdo s čakalnega seznama.

                Lep pozdrav
                City Coop

                """),
        .eventWaitlisted: TemplateText(
            subject: "Na čakalnem seznamu: {{title}}",
            body: """
                Pozdravljeni, {{name}}!

                Trenutno ni dovolj prostih mest, zato ste uvrščeni na čakalni seznam.

                Dogodek: {{title}}
                Začetek: {{date}}
                Želeno število mest: {{seats}}

                Ko se bo sprostilo dovolj mest in boste na vrsti, vas bomo obvestili.

                Lep pozdrav
                City Coop

                """),
        .eventPromoted: TemplateText(
            subject: "Uvrščeni ste med prijavljene: {{title}}",
            body: """
                Pozdravljeni, {{name}}!

                Sprostilo se je dovolj mest: s čakalnega seznama ste uvrščeni med prijavljene.

                Dogodek: {{title}}
                Začetek: {{date}}
                Število mest: {{seats}}

                Če ne morete priti, prosimo, odpovejte prijavo. Tako lahko mesto dobi nekdo drug.

                Lep pozdrav
                City Coop

                """),
    ]
}
