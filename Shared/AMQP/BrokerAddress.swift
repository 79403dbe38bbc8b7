/// Where a broker is and how to log in.
///
/// A cluster's nodes are one broker: who cannot reach one of its places goes on to the next.
public struct BrokerAddress: Sendable, Equatable {
    /// A node of the broker.
    public struct Place: Sendable, Equatable {
        /// Host name or IP address.
        public var host: String
        /// TCP port.
        public var port: Int

        /// A place as given.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// What secures the connection.
    public struct TLS: Sendable, Equatable {
        /// PEM file with the certificate authorities that may vouch for the broker.
        public var authorityFile: String
        /// PEM files of our own certificate and its key, where the broker asks for one.
        public var clientCertificate: (certificateFile: String, keyFile: String)?

        /// TLS with Debian's authorities unless others are named.
        public init(
            authorityFile: String = "/etc/ssl/certs/ca-certificates.crt",
            clientCertificate: (certificateFile: String, keyFile: String)? = nil
        ) {
            self.authorityFile = authorityFile
            self.clientCertificate = clientCertificate
        }

        /// Compares the file names.
        public static func == (one: TLS, other: TLS) -> Bool {
            one.authorityFile == other.authorityFile
                && one.clientCertificate?.certificateFile == other.clientCertificate?.certificateFile
                && one.clientCertificate?.keyFile == other.clientCertificate?.keyFile
        }
    }

    /// Host name or IP address.
    public var host: String
    /// TCP port.
    public var port: Int
    /// Where else the same broker is: the other nodes of a cluster, in the order in which they are tried.
    public var others: [Place]
    /// Virtual host.
    public var virtualHost: String
    /// User name.
    public var user: String
    /// Password.
    public var password: String
    /// How to secure the connection; nil is plain TCP.
    public var tls: TLS?

    /// An address as given.
    public init(
        host: String, port: Int = 5672, others: [Place] = [], virtualHost: String = "/", user: String, password: String,
        tls: TLS? = nil
    ) {
        self.host = host
        self.port = port
        self.others = others
        self.virtualHost = virtualHost
        self.user = user
        self.password = password
        self.tls = tls
    }
}

extension BrokerAddress {
    /// The address of one node alone; the turns go round.
    func place(atTurn turn: Int) -> BrokerAddress {
        let places = [Place(host: host, port: port)] + others
        let place = places[turn % places.count]
        var address = self
        (address.host, address.port, address.others) = (place.host, place.port, [])
        return address
    }
}

extension BrokerAddress: CustomStringConvertible, CustomReflectable {
    /// The address as a URL with the password masked.
    public var description: String {
        let places = ([Place(host: host, port: port)] + others).map { "\($0.host):\($0.port)" }
        return "\(tls == nil ? "amqp" : "amqps")://\(user):***@\(places.joined(separator: ","))/\(virtualHost)"
    }

    /// Only the masked description, so that a dump shows no password.
    public var customMirror: Mirror {
        Mirror(self, children: ["url": description])
    }
}
