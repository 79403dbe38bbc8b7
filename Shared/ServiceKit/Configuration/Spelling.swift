/// Finds the name that somebody probably meant.
enum Spelling {
    /// A name with more differences than this is another name.
    static let differencesMax = 3

    /// The candidate with the fewest inserted, removed and changed letters, if they are few.
    static func nearest(to name: String, among candidates: Set<String>) -> String? {
        candidates.sorted()
            .map { (name: $0, differences: differences(Array(name.utf8), Array($0.utf8))) }
            .filter { $0.differences <= differencesMax }
            .min { $0.differences < $1.differences }?.name
    }

    /// Levenshtein's distance, one row at a time.
    static func differences(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
