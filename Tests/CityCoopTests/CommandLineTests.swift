import ArgumentParser
import Testing

@testable import citycoop

@Suite struct CommandLineTests {
    /// Every command that does something, with its name as it is typed.
    static let commands = leaves(CityCoop.self, [])

    private static func leaves(
        _ command: any ParsableCommand.Type, _ path: [String]
    ) -> [(path: [String], command: any ParsableCommand.Type)] {
        let configuration = command.configuration
        let below = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
        if below.isEmpty { return [(path, command)] }
        return below.flatMap { leaves($0, path + [$0._commandName]) }
    }

    @Test func everyPromisedCommandIsThere() {
        let names = Set(Self.commands.map { $0.path.joined(separator: " ") })
        let expected: Set = [
            "up", "down", "migrate", "send", "call", "watch", "status", "dead list", "dead show", "dead redrive",
            "dead discard", "audit list", "audit verify", "import merchants", "export merchants", "topology show",
            "topology verify", "topology apply", "demo",
            "bench redeem", "bench reply", "bench request", "bench find", "bench outbox", "bench scale",
            "pause", "resume", "tombstones export", "tombstones apply",
            "ledger verify", "report liability", "report matrix", "report months", "report cohorts",
        ]
        #expect(names == expected)
    }

    @Test func everyCommandHasHelpWithAnExampleOfItself() {
        for (path, command) in Self.commands {
            let name = (["citycoop"] + path).joined(separator: " ")
            let help = CityCoop.helpMessage(for: command, columns: 100)
            #expect(help.contains("USAGE: "), "\(name)")
            #expect(help.contains("Examples:\n  "), "\(name)")
            #expect(help.contains("\n  \(name)") || help.contains(" \(name)"), "\(name)")
            #expect(command.configuration.abstract.hasSuffix("."), "\(name)")
        }
    }

    @Test(arguments: [
        ["up"], ["up", "--state", "/tmp/x", "--executables", "/tmp/y", "vouchers", "cities"], ["down", "--now"],
        ["migrate", "notifications"], ["send", "vouchers.redeem.v1", "{}", "--id", "a", "--correlation", "b"],
        ["call", "vouchers.get-ledger.v1", "-", "--timeout", "0.5"], ["watch"],
        ["watch", "vouchers.#", "--count", "3"],
        ["status", "--json"], ["dead", "list", "--service", "cities", "--service", "events", "--state", "failed"],
        ["dead", "show", "0197f2a0-0000-7000-8000-000000000001"], ["dead", "redrive", "--type", "a.b.v1"],
        ["audit", "verify", "cities", "--head", "cities:3:\(String(repeating: "0f", count: 32))", "--json"],
        ["audit", "list", "--about", "0197f2a0-0000-7000-8000-000000000001"],
        ["dead", "discard", "--code", "c", "--reason", "r"],
        ["dead", "discard", "--unroutable", "--reason", "r"], ["topology", "show", "--json"], ["topology", "verify"],
        ["topology", "apply", "--prune"], ["demo", "--timeout", "60"],
        ["bench", "redeem", "--count", "10", "--vouchers", "5"],
        ["bench", "request", "--json"], ["bench", "outbox"],
        ["ledger", "verify", "--json"], ["report", "liability", "--day", "2026-12-31", "--city", "weiz"],
        ["report", "months", "--from", "2026-01", "--until", "2026-12"], ["bench", "scale", "--vouchers", "1000"],
    ])
    func isAccepted(_ arguments: [String]) throws {
        _ = try CityCoop.parseAsRoot(arguments)
    }

    @Test(arguments: [
        ["up", "nobody"], ["up", "--timeout", "0"], ["down", "--timeout", "-1"], ["send"], ["send", "a.b.v1"],
        ["send", "a.b.v1", "{}", "--id", ""], ["send", "a.b.v1", "{}", "--id", String(repeating: "x", count: 256)],
        ["call", "a.b.v1", "{}", "--id", "1"], ["call", "a.b.v1", "{}", "--timeout", "nan"],
        ["call", "a.b.v1", "{}", "--timeout", "1e9"], ["watch", ""], ["watch", "#", "--count", "0"],
        ["dead", "show"], ["dead", "show", "1"], ["dead", "redrive"], ["dead", "list", "--state", "lost"],
        ["dead", "redrive", "0197f2a0-0000-7000-8000-000000000001", "--type", "a.b.v1"],
        ["dead", "discard", "--type", "a.b.v1"], ["dead", "discard", "--type", "a.b.v1", "--reason", ""],
        ["dead", "discard", "--unroutable", "--code", "c", "--reason", "r"], ["dead", "discard", "--reason", "r"],
        ["audit", "verify", "nobody"], ["audit", "verify", "--head", "cities:3:0f"], ["audit", "list", "--about", "x"],
        ["topology", "undo"], ["bench", "redeem", "--count", "0"], ["bench", "redeem", "--vouchers", "0"],
        ["bench", "outbox", "--count", "-5"], ["report", "liability", "--day", "2026-02-30"],
        ["report", "matrix", "--from", "2026-13"], ["ledger", "mend"], ["bench", "scale", "--vouchers", "0"],
        ["nothing"],
    ])
    func isRefusedAsWrongUsage(_ arguments: [String]) {
        do {
            _ = try CityCoop.parseAsRoot(arguments)
            Issue.record("\(arguments) was accepted")
        } catch {
            #expect(CityCoop.exitCode(for: error) == ExitCode(64), "\(error)")
        }
    }
}
