/// Reads a mail the way a mail program does; shares no line with what writes it.
struct MailReader {
    /// Names and values in order, unfolded.
    var headers: [(name: String, value: String)] = []
    /// The decoded text.
    var body = ""

    struct Unreadable: Error {
        var reason: String
    }

    init(_ bytes: [UInt8]) throws {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw Unreadable(reason: "not ASCII") }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        for line in lines {
            guard line.utf8.count <= 998 else { throw Unreadable(reason: "a line is too long") }
            guard !line.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw Unreadable(reason: "a line end of its own")
            }
        }
        guard let end = lines.firstIndex(of: "") else { throw Unreadable(reason: "no empty line") }
        for line in lines[..<end] {
            if line.first == " " {
                guard var last = headers.popLast() else { throw Unreadable(reason: "begins with a blank") }
                last.value += line
                headers.append(last)
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { throw Unreadable(reason: "no header: \(line)") }
            headers.append(
                (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        body = try MailReader.quotedPrintable(lines[(end + 1)...].joined(separator: "\r\n"))
    }

    subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// RFC 2045.
    static func quotedPrintable(_ text: String) throws -> String {
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) where line.utf8.count > 76 {
            throw Unreadable(reason: "a line of more than 76 characters")
        }
        return try String(
            validating: unescape(Array(text.replacing("=\r\n", with: "").utf8)), as: UTF8.self
        ).orThrow()
            .replacing("\r\n", with: "\n")
    }

    /// RFC 2047, all words of a value; white space between two of them is dropped.
    static func encodedWords(_ value: String) throws -> String {
        var result = ""
        var lastWasWord = false
        for token in value.split(separator: " ", omittingEmptySubsequences: false) {
            guard token.hasPrefix("=?UTF-8?Q?"), token.hasSuffix("?="), token.utf8.count <= 75 else {
                result += (result.isEmpty ? "" : " ") + token
                lastWasWord = false
                continue
            }
            let inner = token.dropFirst(10).dropLast(2).replacing("_", with: " ")
            let text = try String(validating: unescape(Array(inner.utf8)), as: UTF8.self).orThrow()
            result += (result.isEmpty || lastWasWord ? "" : " ") + text
            lastWasWord = true
        }
        return result
    }

    private static func unescape(_ bytes: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "=") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            else { throw Unreadable(reason: "a wrong escape") }
            result.append(byte)
            index += 3
        }
        return result
    }
}

extension Optional<String> {
    fileprivate func orThrow() throws -> String {
        guard let self else { throw MailReader.Unreadable(reason: "not UTF-8") }
        return self
    }
}
