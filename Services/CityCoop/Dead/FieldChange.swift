import ArgumentParser
import FoundationEssentials
import JSON

/// A change of one field, as it is given on the command line: `amount.amount=1250`.
struct FieldChange: ExpressibleByArgument, Equatable, Sendable {
    /// Names in objects, and places in lists.
    let path: [String]
    let value: JSONValue

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else { return nil }
        path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !path.contains("") else { return nil }
        let text = String(argument[argument.index(after: equals)...])
        value = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
    }

    /// The message with the new value; an object gets a field that it does not have, a list no item.
    func applied(to message: JSONValue) throws(CommandFailure) -> JSONValue {
        try apply(path[...], to: message)
    }

    private func apply(_ rest: ArraySlice<String>, to place: JSONValue) throws(CommandFailure) -> JSONValue {
        guard let name = rest.first else { return value }
        switch place {
        case .object(var members):
            let there = members[name]
            guard there != nil || rest.count == 1 else { throw notThere(rest) }
            members[name] = try apply(rest.dropFirst(), to: there ?? .null)
            return .object(members)
        case .array(var items):
            guard let index = Int(name), items.indices.contains(index) else { throw notThere(rest) }
            items[index] = try apply(rest.dropFirst(), to: items[index])
            return .array(items)
        case .string, .int, .double, .bool, .null: throw notThere(rest)
        }
    }

    private func notThere(_ rest: ArraySlice<String>) -> CommandFailure {
        let known = path[..<rest.startIndex].joined(separator: ".")
        return CommandFailure(
            .usage,
            "There is no \(path.joined(separator: "."))"
                + (known.isEmpty ? "." : ": \(known) has no \(path[rest.startIndex])."))
    }
}
