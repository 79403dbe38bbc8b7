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
            "up", "down", "migrate", "send", "call", "watch", "status", "dead groups", "dead list", "dead show",
            "dead edit", "dead redrive", "dead discard", "audit list", "audit verify", "import merchants",
            "export merchants", "topology show",
            "topology verify", "topology apply", "topology export", "topology plan", "demo",
            "bench redeem", "bench reply", "bench request", "bench find", "bench outbox", "bench order",
            "bench scale", "bench steady",
            "settlement account", "settlement prepare", "settlement show", "settlement statements", "settlement close",
            "settlement files", "settlement confirm", "settlement return",
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
        ["status", "--json"], ["status", "--watch"], ["status", "--watch", "0.5", "--json"],
        ["dead", "list", "--service", "cities", "--service", "events", "--state", "failed"],
        ["dead", "show", "0197f2a0-0000-7000-8000-000000000001"], ["dead", "redrive", "--type", "a.b.v1"],
        ["audit", "verify", "cities", "--head", "cities:3:\(String(repeating: "0f", count: 32))", "--json"],
        ["audit", "list", "--about", "0197f2a0-0000-7000-8000-000000000001"],
        ["dead", "discard", "--code", "c", "--reason", "r"], ["dead", "groups", "--state", "done", "--json"],
        ["dead", "discard", "--code", "c", "--reason", "r", "--dry-run", "--limit", "5", "--state", "failed"],
        ["dead", "redrive", "--code", "c", "--rate", "0.5", "--limit", "10", "--wait"],
        ["dead", "redrive", "--code", "c", "--dry-run"],
        ["dead", "show", "0197f2a0-0000-7000-8000-000000000001", "--reveal", "--reason", "r"],
        ["dead", "edit", "0197f2a0-0000-7000-8000-000000000001", "--set", "a.0.b=1", "--set", "c=x", "--redrive"],
        ["dead", "edit", "0197f2a0-0000-7000-8000-000000000001", "--body", "-", "--reason", "r"],
        ["dead", "discard", "--unroutable", "--reason", "r"], ["topology", "show", "--json"], ["topology", "verify"],
        ["topology", "apply", "--prune"], ["demo", "--timeout", "60"],
        ["bench", "redeem", "--count", "10", "--vouchers", "5"],
        ["bench", "request", "--json"], ["bench", "outbox"], ["bench", "order", "--ordered", "1000", "--rate", "500"],
        ["ledger", "verify", "--json"], ["report", "liability", "--day", "2026-12-31", "--city", "weiz"],
        ["settlement", "prepare", "--month", "2026-12"], ["settlement", "show", "--all", "--json"],
        ["settlement", "prepare", "--from", "2026-11-15", "--until", "2026-11-15", "--timeout", "5"],
        ["settlement", "statements", "--run", "0197f2a0-0000-7000-8000-000000000001", "--city", "weiz"],
        ["settlement", "close", "--pay-on", "2027-01-05", "--yes"],
        ["settlement", "files", "banks/", "--month", "2026-12"],
        ["settlement", "confirm", "--city", "weiz", "--paid-on", "2027-01-05", "a", "b"],
        ["settlement", "return", "a", "--city", "weiz", "--bank-reason", "AC04"],
        ["settlement", "account", "weiz", "--name", "x", "--iban", "x", "--postal-code", "8160", "--town", "Weiz"],
        ["report", "months", "--from", "2026-01", "--until", "2026-12"], ["bench", "scale", "--vouchers", "1000"],
        ["bench", "steady", "--rate", "50", "--seconds", "120", "--patience", "5"], ["topology", "export"],
        ["topology", "export", "--virtual-host", "test"], ["topology", "plan", "--prune", "--json"],
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
        ["dead", "discard", "--unroutable", "--dry-run", "--reason", "r"], ["dead", "list", "--by-code"],
        ["dead", "redrive", "--code", "c", "--rate", "0"], ["dead", "redrive", "--code", "c", "--limit", "0"],
        ["dead", "redrive", "--code", "c", "--state", "done"], ["dead", "redrive", "--rate", "5"],
        ["dead", "show", "0197f2a0-0000-7000-8000-000000000001", "--reveal"],
        ["dead", "show", "0197f2a0-0000-7000-8000-000000000001", "--reason", "r"],
        ["dead", "edit", "0197f2a0-0000-7000-8000-000000000001", "--set", "a=1", "--body", "-"],
        ["dead", "edit", "0197f2a0-0000-7000-8000-000000000001", "--set", "a"],
        ["dead", "edit", "0197f2a0-0000-7000-8000-000000000001", "--set", ".b=1"],
        ["audit", "verify", "nobody"], ["audit", "verify", "--head", "cities:3:0f"], ["audit", "list", "--about", "x"],
        ["status", "5"], ["status", "--watch", "0"], ["topology", "undo"], ["bench", "redeem", "--count", "0"],
        ["bench", "redeem", "--vouchers", "0"],
        ["bench", "outbox", "--count", "-5"], ["report", "liability", "--day", "2026-02-30"],
        ["report", "matrix", "--from", "2026-13"], ["ledger", "mend"], ["bench", "scale", "--vouchers", "0"],
        ["settlement", "prepare"], ["settlement", "prepare", "--month", "2026-12", "--from", "2026-12-01"],
        ["settlement", "prepare", "--from", "2026-12-02", "--until", "2026-12-01"], ["settlement", "close"],
        ["settlement", "show", "--month", "2026-12", "--run", "0197f2a0-0000-7000-8000-000000000001"],
        ["settlement", "files"], ["settlement", "confirm", "--city", "weiz"],
        ["settlement", "return", "--city", "weiz"],
        ["bench", "steady", "--rate", "0"], ["topology", "plan", "--force"],
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
