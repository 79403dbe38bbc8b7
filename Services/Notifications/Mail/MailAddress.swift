/// Where mail comes from or goes to: a name for people and an address, both safe to stand in a header.
struct MailAddress: Equatable, Sendable {
    /// For people; empty if there is none.
    let name: String
    /// As it stands in the header, between the angle brackets.
    let address: String
    /// Behind the `@`.
    let domain: String

    /// Checks an address by the rules of RFC 5322 and RFC 1035; nil if it breaks them.
    ///
    /// A part before the `@` that would end the address early (`a,b`, `a:b`) is quoted.
    init?(name: String, address: String) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, address.utf8.count <= 254, (1...64).contains(parts[0].utf8.count),
            MailAddress.isDomain(parts[1]), let local = MailAddress.local(parts[0])
        else { return nil }
        self.name = LineText.clean(name)
        self.address = "\(local)@\(parts[1])"
        domain = String(parts[1])
    }

    /// Reads `City Coop <no-reply@citycoop.example>`, or an address alone.
    init?(mailbox: String) {
        guard mailbox.last == ">" else {
            self.init(name: "", address: mailbox)
            return
        }
        guard let open = mailbox.lastIndex(of: "<") else { return nil }
        let name = mailbox[..<open]
        guard !name.contains("<") else { return nil }
        self.init(
            name: String(name.split(separator: " ").joined(separator: " ")),
            address: String(mailbox[mailbox.index(after: open)...].dropLast()))
    }

    /// `"Ana Novak" <ana@city.example>`, folded.
    var header: String {
        if name.isEmpty { return "<\(address)>" }
        return "\(HeaderText.phrase(name))\(HeaderText.fold)<\(address)>"
    }

    private static func local(_ text: Substring) -> String? {
        let isDotAtom = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.utf8.allSatisfy(isAtomCharacter)
        }
        if isDotAtom { return String(text) }
        let canBeQuoted = text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        return canBeQuoted ? "\"\(text)\"" : nil
    }

    private static func isAtomCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }
}
