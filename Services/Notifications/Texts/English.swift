extension TextCatalogue {
    static let english: [Template: TemplateText] = [
        .voucherIssued: TemplateText(
            subject: "Your voucher for {{value}}",
            body: """
                Dear {{name}},

                A voucher has been issued for you.

                Value: {{value}}
                Issued: {{date}}

                You received the voucher's code when it was bought. We never send it by e-mail and never ask for it. \
                Whoever knows the code can spend the voucher, so please keep it like cash.

                Kind regards
                City Coop

                """),
        .voucherRedeemed: TemplateText(
            subject: "Voucher redeemed: {{amount}}",
            body: """
                Dear {{name}},

                Your voucher has been redeemed.

                Amount redeemed: {{amount}}
                Remaining balance: {{balance}}
                Time: {{date}}

                {{#spent}}The voucher is now used up.{{/spent}}\
                {{^spent}}You can go on spending the remaining balance with the same code.{{/spent}}

                Kind regards
                City Coop

                """),
        .eventRegistered: TemplateText(
            subject: "Registration confirmed: {{title}}",
            body: """
                Dear {{name}},

                Your registration is confirmed.

                Event: {{title}}
                Starts: {{date}}
                Seats: {{seats}}

                If you cannot come, please cancel your registration, so that somebody on the waiting list can take \
                your place.

                Kind regards
                City Coop

                """),
        .eventWaitlisted: TemplateText(
            subject: "On the waiting list: {{title}}",
            body: """
                Dear {{name}},

                There are not enough free seats at the moment. You are on the waiting list.

                Event: {{title}}
                Starts: {{date}}
                Seats requested: {{seats}}

                We will let you know as soon as seats become free and it is your turn.

                Kind regards
                City Coop

                """),
        .eventPromoted: TemplateText(
            subject: "You have a place: {{title}}",
            body: """
                Dear {{name}},

                Seats have become free: you have moved up from the waiting list and are now registered.

                Event: {{title}}
                Starts: {{date}}
                Seats: {{seats}}

                If you cannot come, please cancel your registration, so that somebody else can take your place.

                Kind regards
                City Coop

                """),
    ]
}
