/// A text with places for facts, as the translators write it: `"Dear \(.name),"`.
///
/// A place that no fact fits is a mistake that the compiler finds.
struct Wording: ExpressibleByStringInterpolation, Equatable, Sendable {
    fileprivate enum Piece: Equatable {
        case words(String)
        case fact(FactName)
        /// A line of its own, for as long as the fact holds.
        case line(Wording, if: FactName)
    }

    private var pieces: [Piece]

    init(stringLiteral words: String) {
        pieces = [.words(words)]
    }

    init(stringInterpolation: StringInterpolation) {
        pieces = stringInterpolation.pieces
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces: [Piece] = []

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ words: String) {
            pieces.append(.words(words))
        }

        /// Puts what is known of a fact here.
        mutating func appendInterpolation(_ fact: FactName) {
            pieces.append(.fact(fact))
        }

        /// Ends the line and puts another one below it, if the fact holds.
        mutating func appendInterpolation(line: Wording, if fact: FactName) {
            pieces.append(.line(line, if: fact))
        }
    }

    /// The facts that stand in it.
    var facts: Set<FactName> {
        pieces.reduce(into: []) { facts, piece in
            switch piece {
            case .words: break
            case .fact(let name): facts.insert(name)
            case .line(let line, let name): facts.formUnion(line.facts.union([name]))
            }
        }
    }

    /// The text with its facts; one that is missing shows its name.
    func text(_ values: [FactName: FactText]) -> String {
        pieces.map { piece in
            switch piece {
            case .words(let words): return words
            case .fact(let name):
                guard case .words(let words) = values[name] else { return "[\(name.rawValue)]" }
                return words
            case .line(let line, let name):
                if case .flag(false) = values[name] { return "" }
                return "\n" + line.text(values)
            }
        }.joined()
    }
}

/// A fact as it stands in a text.
enum FactText {
    case words(String)
    /// Whether the lines are there that depend on it.
    case flag(Bool)
}
