/// Where the management API is and who asks.
public struct ManagementAddress: Sendable, Equatable {
    /// `http://host:port` with the path in front of `/api`, if any; no credentials.
    public let base: String
    /// User name.
    public let user: String
    /// Password.
    public let password: String
    /// The authorities (PEM) that may vouch for the server; the system's where none is named.
    public let authorityFile: String?

    /// What names the authorities in the URL.
    private static let authorityParameter = "?cacertfile="

    /// Reads `http(s)://user:password@host:port`, with `https` also `?cacertfile=`.
    ///
    /// User, password and file are percent-decoded; the user and its password default to `guest`.
    public init(url: String) throws(ManagementError) {
        func invalid(_ text: String) -> ManagementError {
            ManagementError(code: .addressInvalid, request: "management API", text: text)
        }
        let scheme: String
        if url.hasPrefix("http://") {
            scheme = "http://"
        } else if url.hasPrefix("https://") {
            scheme = "https://"
        } else {
            throw invalid("the URL is neither http nor https")
        }
        var place = url.dropFirst(scheme.count)
        var authorityFile: String?
        if let parameter = place.firstRange(of: Self.authorityParameter) {
            authorityFile = PercentEncoding.decode(place[parameter.upperBound...])
            guard scheme == "https://", authorityFile?.isEmpty == false else {
                throw invalid("cacertfile needs https and the name of a file")
            }
            place = place[..<parameter.lowerBound]
        }
        while place.last == "/" { place.removeLast() }
        var credentials: Substring = "guest:guest"
        if let at = place.lastIndex(of: "@") {
            credentials = place[..<at]
            place = place[place.index(after: at)...]
        }
        let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
        guard let user = PercentEncoding.decode(credentials[..<colon]),
            let password = PercentEncoding.decode(credentials[colon...].dropFirst())
        else { throw invalid("user or password is not percent-encoded UTF-8 without NUL") }
        guard let first = place.first, first != "/", first != ":" else { throw invalid("no host") }
        base = scheme + place
        self.user = user
        self.password = password
        self.authorityFile = authorityFile
    }
}

extension ManagementAddress: CustomStringConvertible, CustomReflectable {
    /// The URL with the password masked.
    public var description: String {
        let scheme = base.prefix { $0 != "/" } + "//"
        return "\(scheme)\(user):***@\(base.dropFirst(scheme.count))"
    }

    /// Only the masked description, so that a dump shows no password.
    public var customMirror: Mirror {
        Mirror(self, children: ["url": description])
    }
}

/// RFC 3986 percent-encoding of one path part.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: ".") where text != "." && text != "..":
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text; nil if it is not percent-encoded UTF-8, or contains a NUL.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, rest.first != UInt8(ascii: "+"),
                let value = UInt8(Substring(rest.prefix(2)), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}
