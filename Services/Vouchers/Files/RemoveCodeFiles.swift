import FoundationEssentials
import Messaging
import Postgres
import ServiceKit

/// Removes files of codes from their folder after their time; that they were made, and for whom, stays.
///
/// The files are gone before the transaction commits: if that is lost, they are removed again, which is no error.
struct RemoveCodeFiles: BackgroundJob {
    static let name = "remove-code-files"
    static let isWokenByCommits = false
    /// Files in one transaction.
    static let batchMax = 64

    private let folder: DurableFolder
    private let retention: Duration

    /// Describes the folder by its path, and how long files stay there.
    init(folder: String, retention: Duration) {
        self.folder = DurableFolder(path: folder)
        self.retention = retention
    }

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let seconds = Double(retention.components.seconds)
        let names = try await transaction.execute(
            MarkFilesRemoved(olderThanSeconds: seconds, max: Int64(RemoveCodeFiles.batchMax)))
        if !names.isEmpty { try await folder.remove(names) }
        return names.count == RemoveCodeFiles.batchMax
    }
}

/// Says of old files that they are removed, and returns their names; passes over those that another instance has in hand.
struct MarkFilesRemoved: Statement {
    static let sql = """
        UPDATE code_file SET removed_at = now() WHERE file_id IN (
            SELECT file_id FROM code_file WHERE removed_at IS NULL AND made_at < now() - make_interval(secs => $1)
            ORDER BY made_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING name
        """
    var olderThanSeconds: Double
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(olderThanSeconds)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}
