import Contracts
import FoundationEssentials
import JSON

/// Messages as JSON texts and trees.
enum MessageText {
    /// A message in JSON, keys in order.
    static func json(of message: any Message, masksSecrets: Bool) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.userInfo[SecretWitness.key] = SecretWitness(masks: masksSecrets)
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return [UInt8](try encoder.encode(message))
    }

    static func tree(of message: any Message, masksSecrets: Bool) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(json(of: message, masksSecrets: masksSecrets)))
    }
}

/// What an operator makes of a failed message: a pure decision about the text that was given.
///
/// Where the text still has the mask of a secret it gets the secret back; it has to be a message by its contract, and to have
/// nothing besides.
struct MessageEdit {
    /// The message, as it is stored.
    let body: [UInt8]
    /// The same, read.
    let message: any Message
    /// The fields that differ from what stood there before, each by its path: `value.amount`.
    let fields: [String]

    /// Throws a ``Problem`` that names what is wrong.
    ///
    /// - Parameters:
    ///   - stored: The body as it is; it may be one that no contract reads.
    ///   - text: The whole message in JSON.
    init(
        of stored: [UInt8], mode: Envelope.Mode, to text: String, by route: any Route, limits: MessagingLimits
    ) throws {
        let coder = BodyCoder(limits: limits)
        let given = Array(text.utf8)
        guard JSONNesting.isWithin(limits.jsonDepthMax, given),
            let tree = try? JSONDecoder().decode(JSONValue.self, from: Data(given))
        else { throw Problem.invalid(["body": "is not JSON, or nested too deeply"]) }
        let before = try? route.unchecked(stored, mode: mode, with: coder)
        var unmasking = Unmasking()
        let restored = unmasking.restore(
            tree, masked: try before.map { try MessageText.tree(of: $0, masksSecrets: true) },
            clear: try before.map(Self.clear), at: [])
        if !unmasking.mistakes.isEmpty { throw Problem.invalid(unmasking.mistakes) }
        message = try Self.read([UInt8](try JSONEncoder().encode(restored)), route, coder)
        body = try MessageText.json(of: message, masksSecrets: false)
        let after = try JSONDecoder().decode(JSONValue.self, from: Data(body))
        let strange = restored.fields(missingIn: after)
        if !strange.isEmpty {
            throw Problem.invalid(Dictionary(strange.map { ($0, "is no field of this message") }) { first, _ in first })
        }
        let changed: [String]
        if let before = try before.map(Self.clear) {
            changed = (after.fields(differingFrom: before) + before.fields(missingIn: after)).sorted()
        } else {
            // What no contract reads may name its fields as it likes: only those that the message has now are told.
            let named = after.fields(differingFrom: Self.tree(stored, limits) ?? .null)
            changed = named.isEmpty ? ["body"] : named
        }
        let most = limits.editedFieldsMax
        fields = changed.count <= most ? changed : changed.prefix(most) + ["and \(changed.count - most) more"]
        if fields.isEmpty { throw Problem("nothing-changed", "The message says what it has said before.") }
    }

    private static func read(_ body: [UInt8], _ route: any Route, _ coder: BodyCoder) throws -> any Message {
        do {
            return try route.read(body, mode: .binary, with: coder)
        } catch let broken as ContractBroken {
            throw Problem.invalid([broken.field ?? "body": broken.reason])
        }
    }

    private static func clear(_ message: any Message) throws -> JSONValue {
        try MessageText.tree(of: message, masksSecrets: false)
    }

    private static func tree(_ body: [UInt8], _ limits: MessagingLimits) -> JSONValue? {
        guard JSONNesting.isWithin(limits.jsonDepthMax, body) else { return nil }
        return try? JSONDecoder().decode(JSONValue.self, from: Data(body))
    }
}

/// Puts secrets back where a text has their mask.
private struct Unmasking {
    /// What cannot be put back, by path.
    var mistakes: [String: String] = [:]

    /// - Parameters:
    ///   - masked: What stood at this place, with its secrets masked; `nil` where nothing did.
    ///   - clear: The same in the clear.
    mutating func restore(
        _ given: JSONValue, masked: JSONValue?, clear: JSONValue?, at path: [String]
    ) -> JSONValue {
        switch given {
        case .string(Secret.mask):
            if masked == given, let clear { return clear }
            mistakes[JSONValue.text(path)] = "is a mask, and no secret is kept there: give the value"
            return given
        case .object(let members):
            var restored: [String: JSONValue] = [:]
            for (name, value) in members {
                restored[name] = restore(value, masked: masked?[name], clear: clear?[name], at: path + [name])
            }
            return .object(restored)
        case .array(let items):
            // Once there are more or fewer, nobody can tell which was which.
            let isSame = masked?.items?.count == items.count
            return .array(
                items.enumerated().map { place, item in
                    restore(
                        item, masked: isSame ? masked?.items?[place] : nil, clear: isSame ? clear?.items?[place] : nil,
                        at: path + ["\(place)"])
                })
        case .string, .int, .double, .bool, .null: return given
        }
    }
}

extension JSONValue {
    /// A path as people read it: `value.amount`.
    fileprivate static func text(_ path: [String]) -> String {
        path.isEmpty ? "body" : String(path.joined(separator: ".").prefix(120))
    }

    /// The paths of what is said here and not there; what is null is not said.
    fileprivate func fields(missingIn other: JSONValue, at path: [String] = []) -> [String] {
        switch self {
        case .object(let members):
            return members.filter { $0.value != .null }.sorted { $0.key < $1.key }.flatMap { name, value in
                guard let there = other[name] else { return [JSONValue.text(path + [name])] }
                return value.fields(missingIn: there, at: path + [name])
            }
        case .array(let items):
            return zip(items, other.items ?? []).enumerated().flatMap { place, pair in
                pair.0.fields(missingIn: pair.1, at: path + ["\(place)"])
            }
        case .string, .int, .double, .bool, .null: return []
        }
    }

    /// The paths of what is said here and not there, or otherwise there, each as far down as both have the same form.
    fileprivate func fields(differingFrom other: JSONValue, at path: [String] = []) -> [String] {
        if self == other { return [] }
        switch (self, other) {
        case (.object(let members), _) where path.isEmpty || other.isObject:
            return members.sorted { $0.key < $1.key }.flatMap { name, value in
                value.fields(differingFrom: other[name] ?? .null, at: path + [name])
            }
        case (.array(let items), .array(let others)) where items.count == others.count:
            return zip(items, others).enumerated().flatMap { place, pair in
                pair.0.fields(differingFrom: pair.1, at: path + ["\(place)"])
            }
        default: return [JSONValue.text(path)]
        }
    }

    private var isObject: Bool {
        guard case .object = self else { return false }
        return true
    }
}
