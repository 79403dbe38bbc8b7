/// Where mail comes from or goes to: a name for people and an address, both safe to stand in a header.
struct MailAddress: Equatable, Sendable {
    /// For people; empty if there is none.
    let name: String
    /// As it stands in the header, between the angle brackets.
    let address: String
    /// Behind the `@`.
    let domain: String

    /// Checks an address by the rules of RFC 5322 and RFC 1035; nil if it breaks them, or would have to be quoted.
    init?(name: String, address: String) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, address.utf8.count <= 254, (1...64).contains(parts[0].utf8.count),
            MailAddress.isLocal(parts[0]), MailAddress.isDomain(parts[1])
        else { return nil }
        self.name = LineText.clean(name)
        self.address = address
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

    /// `"Ana Novak" <ana@city.example>`, folded where it is long.
    var header: String {
        if name.isEmpty { return "<\(address)>" }
        let phrase = HeaderText.phrase(name)
        let fits = phrase.utf8.count + address.utf8.count <= HeaderText.plainMax
        return "\(phrase)\(fits ? " " : HeaderText.fold)<\(address)>"
    }

    /// Words with dots between them, as almost all addresses are; `a,b` and `"a b"` would have to be quoted.
    private static func isLocal(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy(isAtomCharacter)
        }
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
