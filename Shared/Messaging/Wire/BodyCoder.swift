import Contracts
import FoundationEssentials

/// Why a body could not be read as the message that its type promises: where, and never what stood there.
struct ContractBroken: Error, Sendable {
    var reason: String
    /// The field that is to blame, if it is one.
    var field: String?
}

/// Reads and writes bodies in JSON.
///
/// Not `Sendable`: one coder belongs to one task at a time.
struct BodyCoder {
    private let decoder = JSONDecoder()
    private let encoder = JSONEncoder()
    private let witness = SecretWitness()
    private let jsonDepthMax: Int

    init(limits: MessagingLimits) {
        jsonDepthMax = limits.jsonDepthMax
        encoder.userInfo[SecretWitness.key] = witness
        encoder.outputFormatting = [.withoutEscapingSlashes]
    }

    /// Decodes a message and checks its fields.
    func message<M: Message>(_ type: M.Type, from body: [UInt8], mode: Envelope.Mode) throws -> M {
        let message = try unchecked(type, from: body, mode: mode)
        try message.validate()
        return message
    }

    /// Decodes a message, whatever its fields say: to be shown and mended, not to be handled.
    func unchecked<M: Message>(_ type: M.Type, from body: [UInt8], mode: Envelope.Mode) throws -> M {
        guard JSONNesting.isWithin(jsonDepthMax, body) else { throw tooDeep }
        do {
            switch mode {
            case .binary: return try decoder.decode(M.self, from: Data(body))
            case .structured: return try structured(body)
            }
        } catch let error as DecodingError {
            throw BodyCoder.explain(error)
        }
    }

    private func structured<M: Message>(_ body: [UInt8]) throws -> M {
        let event = try decoder.decode(StructuredBody<M>.self, from: Data(body))
        if let data = event.data { return data }
        guard let data = event.data_base64 else { throw ContractBroken(reason: "The event has no data.") }
        guard JSONNesting.isWithin(jsonDepthMax, data) else { throw tooDeep }
        return try decoder.decode(M.self, from: data)
    }

    private var tooDeep: ContractBroken {
        ContractBroken(reason: "The body nests deeper than \(jsonDepthMax) levels, or is not in UTF-8.")
    }

    /// Encodes a value, and says whether it holds a secret.
    func body(of value: some Encodable) throws -> (bytes: [UInt8], hasSecret: Bool) {
        _ = witness.takeSawSecret()
        let bytes = [UInt8](try encoder.encode(value))
        return (bytes, witness.takeSawSecret())
    }

    /// Says where a body is wrong; Foundation's own texts may quote the value.
    static func explain(_ error: DecodingError) -> ContractBroken {
        func broken(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil, _ what: String) -> ContractBroken {
            let path = (context.codingPath + (key.map { [$0] } ?? [])).map {
                $0.intValue.map(String.init) ?? $0.stringValue
            }
            let field = path.isEmpty ? nil : String(path.prefix(8).joined(separator: ".").prefix(120))
            return ContractBroken(reason: "\(field.map { "\"\($0)\"" } ?? "the body") \(what).", field: field)
        }
        return switch error {
        case .keyNotFound(let key, let context): broken(context, key, "is missing")
        case .valueNotFound(_, let context): broken(context, nil, "is null")
        case .typeMismatch(let type, let context): broken(context, nil, "is not of type \(type)")
        case .dataCorrupted(let context): broken(context, nil, "cannot be read")
        @unknown default: ContractBroken(reason: "The body cannot be read.")
        }
    }
}

/// The data of a CloudEvent in structured mode.
private struct StructuredBody<M: Decodable>: Decodable {
    var data: M?
    var data_base64: Data?
}
