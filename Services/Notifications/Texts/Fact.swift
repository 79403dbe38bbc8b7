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

/// What a place in a text is for.
enum FactName: String, CaseIterable, Comparable, Sendable {
    case amount, balance, isSpent, issuedAt, redeemedAt, seats, startsAt, title, value
    /// The reader's name.
    case name
    /// In the notes: a language, and the name of a fact that is missing.
    case language, key

    static func < (one: FactName, other: FactName) -> Bool { one.rawValue < other.rawValue }
}

/// Facts by their ``FactName``; stored with a notification, so that another version may know other names.
typealias Facts = [String: Fact]
