import ArgumentParser

/// Tells the story of the suite in real messages.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Tell the story of the suite in real messages, from cities and vouchers to settlement and ledger.",
        discussion: """
            Needs the four services. Cities, merchants and people are the same each time; vouchers and the event are new, so \
            it can be told again and again. The people and shops are invented. Where CITYCOOP_MANAGEMENT_URL names an \
            administrator, the till of a shop gets a broker user of its own. A settlement is closed when its days are over: \
            told again another day, the story closes what it prepared before, and opens the files for the banks.

            Examples:
              citycoop demo
              citycoop demo --timeout 60
            """)

    @Option(help: "Seconds to wait for each answer.")
    var timeout = Seconds(20)

    func run() async throws {
        try await reporting {
            let surroundings = Surroundings.ours
            let address = try surroundings.broker()
            let mails = try surroundings.value("NOTIFICATIONS_MAIL_FOLDER").map { MailFolder(path: $0) }
            try await EventWatch.with(address, patterns: [Delivered.type]) { watch in
                try await OperatorSession.with(address) { session in
                    let stage = Stage(requester: session.requester, limit: timeout.duration)
                    let known = try await FoundingChapters(stage: stage).tell()
                    try await VoucherChapter(stage: stage, surroundings: surroundings, known: known).tell()
                    try await ProgrammeChapter(stage: stage, known: known).tell()
                    try await OrderChapter(stage: stage, surroundings: surroundings, known: known).tell()
                    try await EventChapter(stage: stage, known: known).tell()
                    try await MailChapter(watch: watch, mails: mails, limit: timeout.duration).tell()
                    try await SettlementChapter(stage: stage, known: known).tell()
                    try await LedgerChapter(stage: stage).tell()
                }
            }
        }
    }
}
