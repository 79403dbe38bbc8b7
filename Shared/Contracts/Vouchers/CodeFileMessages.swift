public import FoundationEssentials

/// Who can open a file of codes: the holder of a certificate's key, or whoever knows a password.
public struct CodeRecipient: Codable, Hashable, Sendable {
    /// An X.509 certificate in PEM: RSA of 2,048 bits or more, or an elliptic curve.
    public var certificate: String?
    /// At least 16 characters; told on another way than the file.
    public var password: Secret?

    /// Makes a recipient.
    public init(certificate: String? = nil, password: Secret? = nil) {
        self.certificate = certificate
        self.password = password
    }

    func check(_ checks: inout Checks) {
        checks.require(
            (certificate == nil) != (password == nil), "recipient", "either a certificate or a password")
        if let certificate {
            checks.require((1...16_384).contains(certificate.utf8.count), "recipient", "is no certificate")
        }
        if let password {
            checks.require(
                (16...256).contains(password.revealed.utf8.count), "recipient", "password must have 16 to 256 bytes")
        }
    }
}

/// A file that codes were given out in.
public struct CodeFile: Codable, Hashable, Sendable {
    /// Of the command that asked for it.
    public var fileId: UUID
    /// Its name in the folder of the service.
    public var name: String
    /// Of the whole file, in hexadecimal.
    public var sha256: String
    /// How long it is.
    public var bytes: Int
    /// How many codes are in it.
    public var vouchers: Int
    /// Why the codes were printed again; absent for the first file.
    public var reason: String?
    /// When it was made.
    public var madeAt: Timestamp

    /// Makes a file.
    public init(
        fileId: UUID, name: String, sha256: String, bytes: Int, vouchers: Int, reason: String?, madeAt: Timestamp
    ) {
        self.fileId = fileId
        self.name = name
        self.sha256 = sha256
        self.bytes = bytes
        self.vouchers = vouchers
        self.reason = reason
        self.madeAt = madeAt
    }
}

/// Takes the codes of an order out, once: `vouchers.collect-codes.v1`, in bulk.
///
/// They stand in a file in a folder of the service, encrypted for the recipient (CMS, RFC 5652). The same id with the same
/// content gets the same answer again. Refused with `order-unknown`, `order-not-ready` (retryable), `order-cancelled`, `already-collected`,
/// `recipient-unusable`, `file-differs`.
public struct CollectCodes: Command {
    /// `vouchers.collect-codes.v1`.
    public static let type = MessageType(.vouchers, .command, "collect-codes")
    /// A till never waits behind it.
    public static let queue = QueueName.bulk
    /// What a successful answer holds.
    public typealias Reply = CodeFile

    /// Chosen by the sender.
    public var fileId: UUID
    /// Which order.
    public var orderId: UUID
    /// Whose.
    public var issuerCityId: UUID
    /// Who can open the file.
    public var recipient: CodeRecipient

    /// Makes the command.
    public init(fileId: UUID, orderId: UUID, issuerCityId: UUID, recipient: CodeRecipient) {
        self.fileId = fileId
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.recipient = recipient
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { orderId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        recipient.check(&checks)
        try checks.finish()
    }
}

/// Takes codes of an order out once more, because a print was spoilt or lost: `vouchers.reprint-codes.v1`, in bulk.
///
/// Only codes of vouchers that can still be used or sold, and only within 30 days after they were collected. Refused with
/// `order-unknown`, `not-collected`, `codes-forgotten`, `nothing-to-print`, `recipient-unusable`, `file-differs`.
public struct ReprintCodes: ReasonedCommand {
    /// `vouchers.reprint-codes.v1`.
    public static let type = MessageType(.vouchers, .command, "reprint-codes")
    /// A till never waits behind it.
    public static let queue = QueueName.bulk
    /// What a successful answer holds.
    public typealias Reply = CodeFile

    /// Chosen by the sender.
    public var fileId: UUID
    /// Which order.
    public var orderId: UUID
    /// Whose.
    public var issuerCityId: UUID
    /// The first serial number; 1 if absent.
    public var fromSerial: Int?
    /// The last serial number; that of the order if absent.
    public var toSerial: Int?
    /// Who can open the file.
    public var recipient: CodeRecipient
    /// Why; stands in the audit and with the order.
    public var reason: String?

    /// Makes the command.
    public init(
        fileId: UUID, orderId: UUID, issuerCityId: UUID, fromSerial: Int? = nil, toSerial: Int? = nil,
        recipient: CodeRecipient, reason: String?
    ) {
        self.fileId = fileId
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.fromSerial = fromSerial
        self.toSerial = toSerial
        self.recipient = recipient
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { orderId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        recipient.check(&checks)
        checks.require(reason != nil, "reason", "is missing")
        checks.statedReason(reason)
        let (from, to) = (fromSerial ?? 1, toSerial ?? PlaceOrder.vouchersMax)
        checks.require(
            1 <= from && from <= to && to <= PlaceOrder.vouchersMax, "fromSerial", "must be a range of serial numbers")
        try checks.finish()
    }
}

/// The codes of an order left: `vouchers.codes-collected.v1` (fact, audited).
public struct CodesCollected: AuditedEvent {
    /// `vouchers.codes-collected.v1`.
    public static let type = MessageType(.vouchers, .event, "codes-collected")

    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The file.
    public var fileId: UUID
    /// How many codes are in it.
    public var vouchers: Int
    /// Of the file, in hexadecimal.
    public var sha256: String
    /// Of the recipient's certificate, in hexadecimal; absent if a password opens the file.
    public var recipientSHA256: String?
    /// When.
    public var madeAt: Timestamp

    /// Makes the event.
    public init(
        orderId: UUID, issuerCityId: UUID, fileId: UUID, vouchers: Int, sha256: String, recipientSHA256: String?,
        madeAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.fileId = fileId
        self.vouchers = vouchers
        self.sha256 = sha256
        self.recipientSHA256 = recipientSHA256
        self.madeAt = madeAt
    }

    /// The order.
    public var auditedId: UUID { orderId }
}

/// Codes of an order left once more: `vouchers.codes-reprinted.v1` (fact, audited with its reason).
public struct CodesReprinted: AuditedEvent {
    /// `vouchers.codes-reprinted.v1`.
    public static let type = MessageType(.vouchers, .event, "codes-reprinted")

    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The file.
    public var fileId: UUID
    /// The first serial number that was asked for.
    public var fromSerial: Int
    /// The last one.
    public var toSerial: Int
    /// How many codes are in it.
    public var vouchers: Int
    /// Of the file, in hexadecimal.
    public var sha256: String
    /// Of the recipient's certificate, in hexadecimal; absent if a password opens the file.
    public var recipientSHA256: String?
    /// When.
    public var madeAt: Timestamp

    /// Makes the event.
    public init(
        orderId: UUID, issuerCityId: UUID, fileId: UUID, fromSerial: Int, toSerial: Int, vouchers: Int,
        sha256: String, recipientSHA256: String?, madeAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.fileId = fileId
        self.fromSerial = fromSerial
        self.toSerial = toSerial
        self.vouchers = vouchers
        self.sha256 = sha256
        self.recipientSHA256 = recipientSHA256
        self.madeAt = madeAt
    }

    /// The order.
    public var auditedId: UUID { orderId }
}

/// Codes did not leave: `vouchers.codes-refused.v1`, for a first file and for another.
public struct CodesRefused: Event {
    /// `vouchers.codes-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "codes-refused")

    /// The order.
    public var orderId: UUID
    /// Of the command.
    public var fileId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(orderId: UUID, fileId: UUID, code: String) {
        self.orderId = orderId
        self.fileId = fileId
        self.code = code
    }
}
