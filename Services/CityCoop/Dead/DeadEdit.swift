import ArgumentParser
import Contracts
import FoundationEssentials
import JSON
import Processes

/// Puts another body into a failed message.
struct DeadEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change what a failed command says; it runs with your rights then.",
        discussion: """
            Opens the message in $VISUAL or $EDITOR, secrets masked: a mask that is left stands for the secret as it is. With --set \
            or --body there is no editor. The service checks the message against its contract before it takes it, keeps what came, \
            and says in the audit who changed which fields. The message keeps its ids, and waits for `citycoop dead redrive` as \
            before, or for --redrive.

            A value of --set is JSON; what is none is taken as text. A path leads into objects by their names and into lists by \
            places, from 0.

            Examples:
              citycoop dead edit 0197f2a0-0000-7000-8000-000000000001
              citycoop dead edit 0197f2a0-0000-7000-8000-000000000001 --set amount.amount=1250 --reason 'a typing error' --redrive
              citycoop dead edit 0197f2a0-0000-7000-8000-000000000001 --body mended.json
            """)

    @Argument(help: "The failure's id.", transform: uuid)
    var id: UUID

    @OptionGroup var options: DeadOptions

    @Option(help: ArgumentHelp("A file with the whole message in JSON; - reads standard input.", valueName: "file"))
    var body: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change one field; may be given several times.", valueName: "path=value"))
    var changes: [FieldChange] = []

    @Option(help: "Why; kept with the message.")
    var reason: String?

    @Flag(help: "Have it tried again at once.")
    var redrive = false

    func validate() throws {
        if body != nil && !changes.isEmpty { throw ValidationError("Give either --body or --set.") }
        if let reason, !(1...500).contains(reason.count) {
            throw ValidationError("A reason has 1 to 500 characters.")
        }
    }

    func run() async throws {
        try await reporting {
            let address = try Surroundings.ours.broker()
            let (service, detail) = try await OperatorSession.with(address) { session in
                try await operations(session).find(id, in: options.services.orAll)
            }
            // Nobody is kept connected while somebody types.
            let text = try await EditedText(of: detail, body: body, changes: changes)
            let failures = FailureSelection(failureIds: [id])
            try await OperatorSession.with(address) { session in
                let operations = operations(session)
                let edited: EditedFailure
                do {
                    edited = try await operations.edit(
                        id, to: Secret(text.text), revision: detail.revision, reason: reason, of: service)
                } catch {
                    var failure = CommandFailure(explaining: error)
                    failure.hint = text.draft.map { "what you wrote is in \($0); mend it and give it with --body" }
                    throw failure
                }
                text.discardDraft()
                Terminal.write("\(service.rawValue): changed \(edited.fields.joined(separator: ", "))")
                guard redrive else { return }
                let act = Redrive(id: .version7(), perSecond: nil, reason: reason)
                _ = try await operations.redrive(ActPage(failures: failures, limit: 1, before: 0), act, of: service)
                Terminal.write("\(service.rawValue): to be tried again")
            }
        }
    }

    private func operations(_ session: OperatorSession) -> ServiceOperations {
        ServiceOperations(requester: session.requester, limit: options.timeout.duration)
    }
}

/// The new text of a message, from wherever it comes.
struct EditedText: Sendable {
    /// The message in JSON.
    let text: String
    /// Where an editor has left it.
    let draft: String?

    init(of detail: FailureDetail, body: String?, changes: [FieldChange]) async throws {
        if let body {
            text = try Self.read(body)
            draft = nil
            return
        }
        // What cannot be read, or is too long to be shown, is no JSON.
        guard let shown = try? MessageArguments.value(Array(detail.body.utf8)) else {
            throw CommandFailure(
                .refused, "The message is not shown whole: \(detail.body.prefix(200))",
                hint: "citycoop dead show --reveal  shows what came; give a whole message with --body")
        }
        guard changes.isEmpty else {
            text = JSONText.line(try changes.reduce(shown) { try $1.applied(to: $0) })
            draft = nil
            return
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "\(detail.summary.failureId.text).json").path
        text = try await Self.edited(shown, in: file)
        draft = file
    }

    /// Removes what an editor has left.
    func discardDraft() {
        if let draft { try? FileManager.default.removeItem(atPath: draft) }
    }

    private static func read(_ file: String) throws -> String {
        if file == "-" { return MessageArguments.standardInput() }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.usage, "\(file) cannot be read.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func edited(_ shown: JSONValue, in file: String) async throws -> String {
        let before = JSONText.pretty(shown) + "\n"
        try? FileManager.default.removeItem(atPath: file)
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(before.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure(.refused, "\(file) cannot be written.") }
        // A variable may hold arguments as well, which the shell takes apart.
        let end = try await Program("/bin/sh", ["-c", #"exec ${VISUAL:-${EDITOR:-vi}} "$1""#, "sh", file])
            .runInForeground()
        guard end.isSuccess else { throw CommandFailure(.refused, "The editor ended with \(end); nothing is changed.") }
        let text = try read(file)
        guard text != before else {
            try? FileManager.default.removeItem(atPath: file)
            throw CommandFailure(.refused, "Nothing is changed.")
        }
        return text
    }
}
