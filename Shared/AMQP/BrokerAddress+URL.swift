extension BrokerAddress {
    /// Reads `amqp://user:password@host:port/virtualhost`, or `amqps://` with `?cacertfile=`, `certfile=` and `keyfile=`.
    ///
    /// A cluster's nodes stand one after the other, `host:port,host:port`, at most ``placesMax`` of them; each is tried in its turn.
    /// User, password and virtual host are percent-decoded. Without a virtual host it is `/`; user and password default to
    /// `guest`, a port to 5672 or 5671. An unknown parameter is an error, so that a misspelt one is noticed.
    public init(url: String) throws(AMQPError) {
        func invalid(_ what: String) -> AMQPError { AMQPError(.addressInvalid, what) }
        guard let scheme = url.range(of: "://") else { throw invalid("no amqp:// or amqps:// in front") }
        let isSecure: Bool
        switch url[..<scheme.lowerBound] {
        case "amqp": isSecure = false
        case "amqps": isSecure = true
        default: throw invalid("the scheme is neither amqp nor amqps")
        }
        let (beforeQuery, query) = url[scheme.upperBound...].cut(at: "?")
        let (authority, path) = beforeQuery.cut(at: "/")
        let place: Substring
        var credentials: (user: Substring, password: Substring?) = ("guest", "guest")
        if let at = authority.lastIndex(of: "@") {
            credentials = authority[..<at].cut(at: ":")
            place = authority[authority.index(after: at)...]
        } else {
            place = authority
        }
        guard let user = credentials.user.percentDecoded, let password = (credentials.password ?? "").percentDecoded,
            let virtualHost = path.map({ $0.isEmpty ? "/" : $0.percentDecoded }) ?? "/"
        else { throw invalid("user, password or virtual host is not percent-encoded UTF-8 without NUL") }
        guard let places = Self.places(place, default: isSecure ? 5671 : 5672) else {
            throw invalid("no host, a port that is no number from 1 to 65535, or more than \(Self.placesMax) hosts")
        }
        guard let tls = Self.tls(isSecure: isSecure, query: query) else {
            throw invalid("a parameter other than cacertfile, certfile with keyfile, or one of these without amqps")
        }
        self.init(
            host: places[0].host, port: places[0].port, others: Array(places.dropFirst()), virtualHost: virtualHost,
            user: user, password: password, tls: tls)
    }

    /// The most nodes that an address names.
    static let placesMax = 16

    /// At least one; nil if one of them is mistaken, or there are too many.
    private static func places(_ list: Substring, default port: Int) -> [Place]? {
        let texts = list.split(separator: ",", omittingEmptySubsequences: false)
        let places = texts.compactMap { place($0, default: port) }
        return places.count == texts.count && (1...placesMax).contains(places.count) ? places : nil
    }

    private static func place(_ place: Substring, default port: Int) -> Place? {
        let host: Substring
        let rest: Substring
        if place.first == "[" {
            guard let end = place.firstIndex(of: "]") else { return nil }
            host = place[place.index(after: place.startIndex)..<end]
            rest = place[place.index(after: end)...]
        } else {
            let colon = place.firstIndex(of: ":") ?? place.endIndex
            (host, rest) = (place[..<colon], place[colon...])
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return Place(host: String(host), port: port) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), 1...65535 ~= port else { return nil }
        return Place(host: String(host), port: port)
    }

    /// Nil is an unknown parameter; `.some(nil)` is plain TCP.
    private static func tls(isSecure: Bool, query: Substring?) -> TLS?? {
        var values: [String: String] = [:]
        for parameter in (query ?? "").split(separator: "&") {
            let (name, value) = parameter.cut(at: "=")
            guard isSecure, ["cacertfile", "certfile", "keyfile"].contains(name),
                let value = (value ?? "").percentDecoded, !value.isEmpty
            else { return nil }
            values[String(name)] = value
        }
        guard isSecure else { return .some(nil) }
        var tls = TLS()
        if let file = values["cacertfile"] { tls.authorityFile = file }
        switch (values["certfile"], values["keyfile"]) {
        case (nil, nil): break
        case (let certificate?, let key?): tls.clientCertificate = (certificate, key)
        default: return nil
        }
        return tls
    }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func cut(at separator: Character) -> (Substring, Substring?) {
        guard let position = firstIndex(of: separator) else { return (self[...], nil) }
        return (self[..<position], self[index(after: position)...])
    }

    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
