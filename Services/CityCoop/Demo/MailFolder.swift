import Contracts
import FoundationEssentials

/// The folder in which notifications puts mails, one `.eml` file each.
struct MailFolder: Sendable {
    let path: String

    /// The subject of the mail, as its reader sees it; nil if there is no such mail.
    func subject(of notification: UUID) -> String? {
        let name = "\(notification.text).eml"
        guard let data = try? Data(contentsOf: URL(filePath: "\(path)/\(name)")) else { return nil }
        return MailHeader.subject(of: String(decoding: data, as: UTF8.self))
    }
}

/// Reads headers of mails (RFC 5322, RFC 2047).
enum MailHeader {
    private static let name = "subject:"

    /// The subject with its encoded words decoded; nil if there is none.
    static func subject(of mail: String) -> String? {
        let lines = mail.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" }.prefix { !$0.isEmpty }
        guard let start = lines.firstIndex(where: { $0.lowercased().hasPrefix(name) }) else { return nil }
        let rest = lines[lines.index(after: start)...].prefix { $0.first == " " || $0.first == "\t" }
        let value = ([lines[start].dropFirst(name.count)] + rest).map { String($0).trimmed }
        return decoded(value)
    }

    /// The pieces of a folded header as one text; nothing stands between two encoded words.
    private static func decoded(_ pieces: [String]) -> String {
        var text = ""
        var wasEncoded = false
        for word in pieces.flatMap({ $0.split(separator: " ") }) {
            let encoded = decoded(word: word)
            if !text.isEmpty && !(wasEncoded && encoded != nil) { text += " " }
            text += encoded ?? String(word)
            wasEncoded = encoded != nil
        }
        return text
    }

    /// The text of `=?UTF-8?Q?…?=`; nil for anything else.
    private static func decoded(word: Substring) -> String? {
        let parts = word.split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "=", parts[4] == "=", parts[1].lowercased() == "utf-8" else { return nil }
        switch parts[2] {
        case "Q", "q": return quoted(parts[3])
        case "B", "b": return Data(base64Encoded: String(parts[3])).map { String(decoding: $0, as: UTF8.self) }
        default: return nil
        }
    }

    private static func quoted(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "_"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "="):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
