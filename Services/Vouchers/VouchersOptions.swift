import ServiceKit

/// What the service reads from its environment beyond what all services read.
struct VouchersOptions: Sendable {
    /// The keys under which codes are hashed; absent only where they were mistaken, which stops the start.
    var keys: CodeKeys?
    /// When wrong codes lock out.
    var throttle = ThrottleRules()
    /// Where files are put that are meant for people: the codes of orders.
    var fileFolder: String
    /// How long files of codes stay in the folder.
    var fileRetention = VouchersOptions.fileRetentionDefault
    /// For how many days after its sale an unspent voucher is taken back.
    var cancelDays = VouchersOptions.cancelDaysDefault

    /// As long as the codes of an order can be given out again.
    static let fileRetentionDefault = Duration.days(30)

    /// Two weeks.
    static let cancelDaysDefault = 14

    /// These keys and this folder, and the defaults.
    init(keys: CodeKeys, fileFolder: String) {
        self.keys = keys
        self.fileFolder = fileFolder
    }

    /// Reads everything from the environment.
    init(_ settings: inout Settings) {
        keys = VouchersOptions.keys(&settings)
        throttle = ThrottleRules(&settings)
        fileFolder = settings.folder("VOUCHERS_FILE_FOLDER", "Where the codes of orders are put, encrypted")
        fileRetention = settings.duration(
            "VOUCHERS_FILE_RETENTION", "How long a file of codes stays in that folder",
            default: VouchersOptions.fileRetentionDefault, in: .days(1)...(.days(3_650)))
        cancelDays = settings.number(
            "VOUCHERS_CANCEL_DAYS", "Days after its sale in which an unspent voucher is taken back",
            default: VouchersOptions.cancelDaysDefault, in: 0...3_650)
    }

    private static func keys(_ settings: inout Settings) -> CodeKeys? {
        let name = "VOUCHERS_CODE_KEY"
        let keys = settings.key(name, "Keys under which codes are hashed; their ids are numbers, the current one first")
            .keys
        do {
            return try CodeKeys(keys.map { (Int($0.id) ?? 0, $0.bytes) })
        } catch {
            // A setting that was no ring of keys has been named already.
            if keys.contains(where: { !$0.bytes.isEmpty }) { settings.mistake(name, error.description) }
            return nil
        }
    }
}
