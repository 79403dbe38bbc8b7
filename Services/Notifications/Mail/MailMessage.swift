import Contracts
import FoundationEssentials

/// A mail as it travels: the bytes are made of these fields and nothing else, so that sending again sends the same.
struct MailMessage: Sendable {
    var from: MailAddress
    var to: MailAddress
    var text: RenderedText
    /// Names the mail for ever, and with it the file.
    var notificationId: UUID
    /// When the text was made.
    var date: Date

    /// The mail by RFC 5322 and MIME: headers, an empty line, the text in quoted-printable.
    var bytes: [UInt8] {
        let id = notificationId.text
        let headers = [
            ("Date", MailMessage.text(of: date)),
            ("From", from.header),
            ("To", to.header),
            ("Message-ID", "<\(id)@\(from.domain)>"),
            ("Subject", HeaderText.unstructured(text.subject)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "quoted-printable"),
            ("Content-Language", text.language.rawValue),
            // RFC 3834: nobody's holiday notice answers this.
            ("Auto-Submitted", "auto-generated"),
        ]
        let head = headers.map { "\($0): \($1)\r\n" }.joined()
        return Array("\(head)\r\n\(QuotedPrintable.encode(text.body))".utf8)
    }

    /// `Sat, 12 Dec 2026 17:00:00 +0000`.
    private static func text(of date: Date) -> String {
        let clock = WallClock(date, offset: 0) ?? WallClock(secondsSince1970: 0)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[clock.weekday]), \(clock.day) \(months[clock.month - 1]) \(clock.year) "
            + "\(two(clock.hour)):\(two(clock.minute)):\(two(clock.second)) +0000"
    }
}
