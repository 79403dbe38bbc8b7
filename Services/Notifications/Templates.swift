/// What people are told; the raw value is the name on the wire and in the database.
enum Template: String, CaseIterable, Sendable {
    case voucherIssued = "voucher-issued"
    case voucherRedeemed = "voucher-redeemed"
    case eventRegistered = "event-registered"
    case eventWaitlisted = "event-waitlisted"
    case eventPromoted = "event-promoted"

    /// The values that a text of this template may name, and has to be given.
    var keys: Set<String> {
        switch self {
        case .voucherIssued: ["name", "value", "date"]
        case .voucherRedeemed: ["name", "amount", "balance", "date", "spent"]
        case .eventRegistered, .eventWaitlisted, .eventPromoted: ["name", "title", "date", "seats"]
        }
    }
}

/// A subject and a body in Mustache; what stands in them is never escaped, because they are plain text.
struct TemplateText: Sendable {
    var subject: String
    var body: String
}

/// The texts by language and template.
struct TextCatalogue: Sendable {
    var texts: [String: [Template: TemplateText]]

    /// The languages of the suite.
    static let languages = ["de", "sl", "hu", "en"]

    /// The texts of the suite.
    static let suite = TextCatalogue(texts: ["de": german, "sl": slovenian, "hu": hungarian, "en": english])

    /// What is not there in a language, as `<template> in <language>`.
    var missing: [String] {
        TextCatalogue.languages.flatMap { language in
            Template.allCases.filter { texts[language]?[$0] == nil }.map { "\($0.rawValue) in \(language)" }
        }
    }
}
