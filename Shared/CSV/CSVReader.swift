/// One record of a CSV text.
public struct CSVRecord: Equatable, Sendable {
    /// Why a record could not be read.
    public enum Mistake: Equatable, Sendable {
        /// A quote stands where none may, or the closing one is missing.
        case quote
        /// It has more bytes or lines than a record may have.
        case length
    }

    /// The line it begins on, counted from 1.
    public var line: Int
    /// Where it stands in the text, with its line end.
    public var bytes: Range<Int>
    /// What it holds; none on an empty line and where there is a mistake.
    public var fields: [String]
    /// Why it could not be read.
    public var mistake: Mistake?
}

/// Reads CSV text (RFC 4180) record by record: quotes, line ends in quotes, CRLF or LF, a byte order mark, commas or
/// semicolons.
///
/// A record that is malformed ends with the line it begins on, so that it takes no other with it. Blanks around a field
/// count as nothing unless they stand in quotes.
public struct CSVReader: ~Copyable {
    /// The most bytes of a record; what is longer lacks its closing quote.
    public static let recordBytesMax = 64 << 10
    /// The most lines of a record.
    public static let recordLinesMax = 100

    /// Between fields.
    public let delimiter: UInt8

    private let text: [UInt8]
    private var position: Int
    private var line: Int
    private let parser: CSVParser

    /// - Parameters:
    ///   - delimiter: Between fields; the one that the first line has more of where it is not given.
    ///   - line: The number of the first line.
    public init(_ text: [UInt8], delimiter: UInt8? = nil, line: Int = 1) {
        let delimiter = delimiter ?? CSVReader.delimiter(of: text)
        self.text = text
        self.line = line
        self.delimiter = delimiter
        position = text.starts(with: CSVReader.byteOrderMark) ? CSVReader.byteOrderMark.count : 0
        parser = CSVParser(delimiter: delimiter)
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private static func delimiter(of text: [UInt8]) -> UInt8 {
        let first = text.prefix { $0 != 0x0A && $0 != 0x0D }
        return first.count { $0 == UInt8(ascii: ";") } > first.count { $0 == UInt8(ascii: ",") }
            ? UInt8(ascii: ";") : UInt8(ascii: ",")
    }

    /// The next record, also if it is empty or malformed; `nil` at the end.
    public mutating func next() -> CSVRecord? {
        guard position < text.count else { return nil }
        let (start, number) = (position, line)
        let first = endOfLine(from: start)
        var end = first
        var lines = 1
        parser.begin()
        var state = parser.take(text, start..<end)
        while state == .within, end < text.count, end - start <= Self.recordBytesMax, lines < Self.recordLinesMax {
            let next = endOfLine(from: end)
            state = parser.take(text, end..<next)
            end = next
            lines += 1
        }
        if state == .within { state = end == text.count ? parser.finish() : .tooLong }
        if end - start > Self.recordBytesMax { state = .tooLong }
        guard state == .complete else {
            position = first
            line += 1
            let mistake = state == .tooLong ? CSVRecord.Mistake.length : .quote
            return CSVRecord(line: number, bytes: start..<first, fields: [], mistake: mistake)
        }
        position = end
        line += lines
        return CSVRecord(line: number, bytes: start..<end, fields: parser.fields, mistake: nil)
    }

    /// Behind the line end that follows: LF, CRLF or CR.
    private func endOfLine(from start: Int) -> Int {
        guard let end = text[start...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return text.count }
        return text[end] == 0x0D && end + 1 < text.count && text[end + 1] == 0x0A ? end + 2 : end + 1
    }
}

/// Writes CSV text (RFC 4180).
public enum CSVWriter {
    /// One record with its line end; a field is quoted where it must be.
    public static func line(_ fields: [String], delimiter: UInt8 = UInt8(ascii: ",")) -> String {
        fields.map { quoted($0) }.joined(separator: String(UnicodeScalar(delimiter))) + "\r\n"
    }

    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { [0x22, 0x2C, 0x3B, 0x0A, 0x0D].contains($0) }
        let blank = [0x20, 0x09].contains(field.utf8.first) || [0x20, 0x09].contains(field.utf8.last)
        guard special || blank else { return field }
        var text = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { text.unicodeScalars.append(scalar) }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
