import Contracts

// How each language writes amounts and counts. Without ICU: four languages and two currencies need no 30 MB of tables.

extension Language {
    /// A blank at which no line may break.
    private static let blank = "\u{A0}"

    /// `12,50 €` or `€12.50`; forints have no small change, so that theirs is shown only if there is some.
    func text(of money: Money) -> String {
        let cents = money.amount.magnitude % 100
        let hasCents = cents != 0 || money.currency != "HUF"
        let point = self == .en ? "." : ","
        let number =
            grouped(money.amount.magnitude / 100) + (hasCents ? "\(point)\(cents < 10 ? "0" : "")\(cents)" : "")
        let sign = money.amount < 0 ? "−" : ""
        let symbol =
            switch money.currency {
            case "EUR": "€"
            case "HUF": "Ft"
            default: money.currency
            }
        if self == .en {
            return symbol == "€" ? "\(sign)€\(number)" : "\(sign)\(money.currency)\(Language.blank)\(number)"
        }
        return "\(sign)\(number)\(Language.blank)\(symbol)"
    }

    /// A number with its thousands set apart; in Hungarian from five digits on.
    func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        let mark =
            switch self {
            case .de, .sl: "."
            case .en: ","
            case .hu: Language.blank
            }
        guard digits.count > (self == .hu ? 4 : 3) else { return String(digits) }
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index) % 3 == 0 ? "\(mark)\(digit)" : "\(digit)"
        }.joined()
    }

    /// Says `1 Platz`, `3 Plätze`.
    ///
    /// Slovenian has a dual and a form for three and four; Hungarian keeps the singular.
    func text(ofSeats count: Int) -> String {
        let noun: String
        switch self {
        case .de: noun = count == 1 ? "Platz" : "Plätze"
        case .en: noun = count == 1 ? "seat" : "seats"
        case .hu: noun = "hely"
        case .sl:
            noun =
                switch count % 100 {
                case 1: "mesto"
                case 2: "mesti"
                case 3, 4: "mesta"
                default: "mest"
                }
        }
        return "\(count) \(noun)"
    }
}
