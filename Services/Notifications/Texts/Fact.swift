import Contracts

/// Something that a text is made of, in no language yet; kept so until the reader's language is known.
enum Fact: Codable, Equatable, Sendable {
    /// `12,50 €`.
    case money(Money)
    /// A point in time as the clock shows it in a zone of the IANA database.
    case moment(Timestamp, timeZone: String)
    /// The same point, without the time of day.
    case day(Timestamp, timeZone: String)
    /// A text that comes in several languages, or not in all of them.
    case text(LocalizedText)
    /// A number of seats, with its noun.
    case seats(Int)
    /// Whether a part of the text is there.
    case flag(Bool)
}

/// Facts by the name that the templates use.
typealias Facts = [String: Fact]
