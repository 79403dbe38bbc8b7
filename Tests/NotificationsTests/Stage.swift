import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit

@testable import notifications

/// A database, a mail folder, and everything that the service does with them.
struct Stage: Sendable {
    let bench: HandlerBench
    let folder: URL
    let newsroom = Newsroom(renderer: .shipped)
    let mails: DeliverMails

    /// One notification as it is stored.
    struct Stored: Equatable, Sendable {
        var template: Template
        var state: String
        var language: String?
        var subject: String?
    }

    /// Sets up a stage for `body`, and clears it away.
    static func with<Value>(_ body: (Stage) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "citycoop-mail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        guard let from = MailAddress(mailbox: "City Coop <no-reply@citycoop.example>") else { throw Samples.NoSample() }
        return try await withHandlerBench(Notifications.schema, connections: 4) { bench in
            try await body(
                Stage(bench: bench, folder: folder, mails: DeliverMails(folder: folder.path, from: from)))
        }
    }

    func setContact(_ person: UUID, _ name: String = "Ana Novak", language: String = "sl") async throws {
        let command = SetContact(personId: person, email: "ana@posta.example", name: name, language: language)
        _ = try await bench.run(SetContacts(newsroom: newsroom), [command])
    }

    func register(_ person: UUID, _ registration: UUID = UUID()) async throws {
        let handler = TellPersonRegistered(newsroom: newsroom)
        _ = try await bench.run(handler, [PersonRegistered(Stage.facts(person, registration))], user: "events")
    }

    static func facts(_ person: UUID, _ registration: UUID = UUID()) -> RegistrationFacts {
        RegistrationFacts(
            registrationId: registration, eventId: UUID(), title: Samples.title, startsAt: Samples.evening,
            timeZone: "Europe/Vienna", personId: person, party: 2)
    }

    func stored() async throws -> [Stored] {
        try await bench.database.execute(ReadStored())
    }

    /// The files by name, without their temporary siblings.
    func files() throws -> [String: [UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
        return try names.reduce(into: [:]) { files, name in
            files[name] = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        }
    }
}

private struct ReadStored: Statement {
    static let sql = "SELECT template, state, language, subject FROM notification ORDER BY notification_id"

    static func row(_ columns: inout Columns) throws -> Stage.Stored {
        Stage.Stored(
            template: try columns.next(), state: try columns.next(), language: try columns.next(),
            subject: try columns.next())
    }
}
