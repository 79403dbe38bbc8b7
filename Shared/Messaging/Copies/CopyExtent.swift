public import Contracts
public import Postgres

/// How much there is of a kind of thing: how many, and what their versions add up to.
///
/// Things are never taken back and versions only grow, so neither number ever shrinks. The number of things alone would call a
/// copy complete that holds an older state of one of them, such as a grant before it was revoked.
public struct CopyExtent: Equatable, Sendable {
    /// How many things.
    public private(set) var count: Int64
    /// The sum of their versions; the largest number there is where they are more.
    public private(set) var versions: Int64

    /// An extent; of nothing, unless it is said.
    public init(count: Int64 = 0, versions: Int64 = 0) {
        self.count = count
        self.versions = versions
    }

    /// Adds a thing in this version.
    public mutating func add(version: Int64) {
        count += 1
        let (sum, isTooLarge) = versions.addingReportingOverflow(version)
        versions = isTooLarge ? .max : sum
    }

    /// Whether everything that was said again is in a copy of this extent.
    public func covers(_ said: Republished) -> Bool {
        count >= said.count && versions >= said.versions ?? 0
    }
}

/// A statement that reads the extent of a copy: a table with a row for each thing, and its version.
public protocol ExtentStatement: Statement where Row == CopyExtent {}

extension ExtentStatement {
    /// The two columns of the row, over all rows of a table with the column `version`.
    public static var columns: String {
        "count(*), coalesce(least(sum(version), \(Int64.max)), 0)::bigint"
    }

    /// Reads the row.
    public static func row(_ columns: inout Columns) throws -> CopyExtent {
        CopyExtent(count: try columns.next(), versions: try columns.next())
    }
}
