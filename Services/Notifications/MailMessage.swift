import Contracts
import FoundationEssentials

/// A name and an address that can stand in a header.
struct MailAddress: Hashable, Sendable {
    let name: String
    let address: String

    /// Throws a ``Problem`` where the address is none; a name may be anything, also empty.
    init(name: String, address: String) throws(Problem) {
        var checks = Checks()
        checks.email(address, "address")
        try checks.finish()
        self.name = name
        self.address = address
    }
}

/// A mail as RFC 5322 and MIME want it: plain text, UTF-8, ASCII on the wire, lines of at most 76 characters.
///
/// Whatever stands in a name, a subject or a body, no header can come of it: headers hold checked addresses, ids, dates,
/// and otherwise only printable ASCII or base64.
struct MailMessage: Sendable {
    /// Becomes the Message-ID with the sender's host, so that a mail sent twice is known as one.
    var messageId: UUID
    var from: MailAddress
    var to: MailAddress
    var subject: String
    var body: String
    /// BCP 47.
    var language: String
    var date: Timestamp

    /// The whole message, lines ended by CR LF.
    var bytes: [UInt8] {
        let host = from.address.split(separator: "@").last ?? "localhost"
        let headers = [
            "Date: \(MailMessage.date(date))",
            "From: \(MailMessage.mailbox(from))",
            "To: \(MailMessage.mailbox(to))",
            "Subject: \(MailMessage.phrase(subject))",
            "Message-ID: <\(messageId.uuidString.lowercased())@\(host)>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "Content-Language: \(language.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })",
            // RFC 3834: no vacation notice answers to this.
            "Auto-Submitted: auto-generated",
        ]
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n").utf8) + QuotedPrintable.encode(body)
    }

    /// `Tue, 01 Dec 2026 08:30:00 +0000`.
    private static func date(_ time: Timestamp) -> String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let utc = LocalTime(time, timeZone: "UTC")
        let text = time.description
        let clock = text.dropFirst(11).prefix(8)
        return
            "\(days[utc.weekday]), \(text.dropFirst(8).prefix(2)) \(months[utc.month - 1]) \(text.prefix(4)) \(clock)"
            + " +0000"
    }

    private static func mailbox(_ address: MailAddress) -> String {
        if address.name.isEmpty { return address.address }
        let isPlain =
            address.name.utf8.count <= 40
            && address.name.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "z") ~= $0 || $0 == 0x20 }
            && address.name.allSatisfy { $0.isLetter || $0.isNumber || $0 == " " }
        return isPlain
            ? "\(address.name) <\(address.address)>" : "\(encodedWords(address.name))\r\n <\(address.address)>"
    }

    /// Short printable ASCII as it is, anything else as encoded words.
    private static func phrase(_ text: String) -> String {
        let isPlain =
            text.utf8.count <= 60 && !text.contains("=?") && text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }
            && text.first != " " && text.last != " "
        return isPlain ? text : encodedWords(text)
    }

    /// RFC 2047: base64 words of at most 75 characters, cut between Unicode scalars, one a line; control characters
    /// become spaces, so that no reader decodes a line break into a header.
    private static func encodedWords(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            let bytes = Array(String(isControl ? " " : scalar).utf8)
            if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}

/// The transfer encoding of RFC 2045 that stays readable: ASCII as it is, other bytes as `=C3=A4`.
enum QuotedPrintable {
    /// The longest line that the RFC allows, without its end.
    static let lineMax = 76

    /// Encodes a text; every line break, however it is written, becomes CR LF.
    static func encode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        // CR LF is one character to Swift.
        for line in text.split(
            omittingEmptySubsequences: false, whereSeparator: { "\r\n" == $0 || "\n" == $0 || "\r" == $0 })
        {
            result += encode(line: Array(line.utf8)) + [0x0D, 0x0A]
        }
        // The text's own last line break is the one that ends its last line.
        if text.last?.isNewline == true { result.removeLast(2) }
        return result
    }

    private static func encode(line: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var length = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let opens = byte == UInt8(ascii: ".") || line[index...].starts(with: "From ".utf8)
            let piece = needsEscape(byte, opensLine: opens && length == 0, isLast: isLast) ? escape(byte) : [byte]
            // One column is for the "=" of a soft line break, unless the line ends here.
            if length + piece.count > lineMax - (isLast ? 0 : 1) {
                result += [0x3D, 0x0D, 0x0A]
                length = 0
            }
            // What was plain may begin a line now.
            let atStart = needsEscape(byte, opensLine: opens && length == 0, isLast: isLast) ? escape(byte) : [byte]
            result += atStart
            length += atStart.count
        }
        return result
    }

    /// A dot alone on a line ends a mail in SMTP, "From " at its start is quoted in mailboxes, and spaces at its end are
    /// lost on the way.
    private static func needsEscape(_ byte: UInt8, opensLine: Bool, isLast: Bool) -> Bool {
        if byte == 0x20 || byte == 0x09 { return isLast }
        return opensLine || byte == UInt8(ascii: "=") || !(0x21...0x7E ~= byte)
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
