/// Rows of texts in columns of equal width.
struct TextTable {
    private let rows: [[String]]
    private let numeric: Set<Int>

    /// - Parameter numeric: Columns that are written to the right.
    init(_ rows: [[String]], numeric: Set<Int> = []) {
        self.rows = rows
        self.numeric = numeric
    }

    /// One line per row, two spaces between columns, nothing behind the last.
    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return numeric.contains(column) ? space + text : text + space
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
