import ArgumentParser
import Contracts
import FoundationEssentials

/// Keeps erased persons erased over a restore.
struct TombstonesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tombstones",
        abstract: "Keep who was erased outside the backup, and erase them again after a restore.",
        subcommands: [TombstonesExport.self, TombstonesApply.self])
}

/// A tombstone and whose it is: a line of the file.
struct KeptTombstone: Codable, Equatable, Sendable {
    var service: ServiceName
    var tombstone: Tombstone
}

/// Prints who was erased.
struct TombstonesExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print the tombstones of all services, one a line.",
        discussion: """
            A tombstone is a keyed hash and tells nobody who it was. Lines never change and never go: what several exports have \
            printed can be put together with `sort -u`.

            Examples:
              citycoop tombstones export > tombstones.jsonl
            """)

    @Option(help: "Seconds to wait for each page.")
    var timeout = Seconds(10)

    func run() async throws {
        try await reporting {
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                return await Progress.during("asking the services") {
                    await operations.each(of: ServiceName.allCases) { try await all(of: $0, operations) }
                }
            }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
            for (service, answer) in answers {
                for tombstone in try answer.get() {
                    Terminal.write(json: KeptTombstone(service: service, tombstone: tombstone))
                }
            }
        }
    }

    private func all(of service: ServiceName, _ operations: ServiceOperations) async throws -> [Tombstone] {
        var found: [Tombstone] = []
        var after: AuditHash?
        repeat {
            let page = try await operations.tombstones(of: service, after: after)
            found += page.tombstones
            // Whoever answers might turn in a circle.
            guard page.next != after || after == nil else {
                throw CommandFailure(.refused, "\(service.rawValue) turns no page.")
            }
            after = page.next
        } while after != nil
        return found
    }
}

/// Erases again whom a backup has brought back.
struct TombstonesApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Erase again whom a restored backup has brought back.",
        discussion: """
            Reads what `export` has printed. What is applied twice has no second effect. It gets through while intake is paused, so \
            that nothing is taken in before it.

            Examples:
              citycoop tombstones apply < tombstones.jsonl
            """)

    /// As many as a message may have.
    private static let pageMax = 500

    @Option(help: "Seconds to wait for each page: a service goes over everybody whom it knows.")
    var timeout = Seconds(600)

    func run() async throws {
        try await reporting {
            let kept = try Self.read()
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                return await Progress.during("erasing again") {
                    await operations.each(of: ServiceName.allCases) { service in
                        try await apply(kept.filter { $0.service == service }.map(\.tombstone), to: service, operations)
                    }
                }
            }
            for case (_, .success(let line)) in answers { Terminal.write(line) }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        }
    }

    private func apply(
        _ tombstones: [Tombstone], to service: ServiceName, _ operations: ServiceOperations
    ) async throws -> String {
        var erased = 0
        var rest = tombstones[...]
        while !rest.isEmpty {
            erased += try await operations.apply(Array(rest.prefix(Self.pageMax)), to: service).erased
            rest = rest.dropFirst(Self.pageMax)
        }
        return "\(service.rawValue): \(tombstones.count) tombstones, \(erased) persons erased again"
    }

    private static func read() throws -> [KeptTombstone] {
        var kept: [KeptTombstone] = []
        while let line = readLine() {
            if line.trimmed.isEmpty { continue }
            guard let tombstone = try? JSONDecoder().decode(KeptTombstone.self, from: Data(line.utf8)) else {
                throw CommandFailure(.usage, "Line \(kept.count + 1) is no tombstone.")
            }
            kept.append(tombstone)
        }
        return kept
    }
}
