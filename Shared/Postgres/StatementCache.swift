/// Which statements a connection has prepared, under which names.
///
/// A name is used once only. A preparation counts when its result has arrived: a flight that follows one which is still
/// preparing the same statement prepares it again, because the first may yet be aborted.
struct StatementCache {
    struct Prepared {
        let name: String
        let types: [UInt32]
    }

    private var prepared: [ObjectIdentifier: Prepared] = [:]
    private var count = 0

    subscript(statement: any Statement.Type) -> Prepared? {
        prepared[ObjectIdentifier(statement)]
    }

    /// Short and new: the server compares the first 63 bytes only.
    mutating func makeName() -> String {
        count += 1
        return "s\(count)"
    }

    mutating func confirm(_ statement: any Statement.Type, _ name: String, types: ArraySlice<UInt32>) {
        prepared[ObjectIdentifier(statement)] = Prepared(name: name, types: Array(types))
    }

    mutating func forget(_ statement: any Statement.Type) {
        prepared[ObjectIdentifier(statement)] = nil
    }
}
