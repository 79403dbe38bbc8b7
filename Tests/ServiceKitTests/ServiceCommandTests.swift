import ArgumentParser
import Logging
import ServiceLifecycle
import Testing

@testable import ServiceKit

private enum Shop: ServiceDefinition {
    static let name = "shop"
    static let summary = "Sells things."
    static let httpPort = 8_099

    static func configuration(_ settings: inout Settings) -> SecretText {
        settings.secret("SHOP_PASSWORD", "Password of the shop")
    }

    static func migrate(_ configuration: SecretText, _ context: ServiceContext) async throws -> [String] { [] }
    static func check(_ configuration: SecretText, _ context: ServiceContext) async -> [CheckResult] { [] }
    static func run(_ configuration: SecretText, _ context: ServiceContext) async throws -> [any Service] { [] }
}

@Suite("The command of a service")
struct ServiceCommandTests {
    @Test("it has the subcommands run, migrate, check and settings")
    func subcommands() throws {
        #expect(try ServiceCommand<Shop>.parseAsRoot(["run"]) is RunCommand<Shop>)
        #expect(try ServiceCommand<Shop>.parseAsRoot(["migrate"]) is MigrateCommand<Shop>)
        #expect(try ServiceCommand<Shop>.parseAsRoot(["check"]) is CheckCommand<Shop>)
        #expect(try ServiceCommand<Shop>.parseAsRoot(["settings", "--markdown"]) is SettingsCommand<Shop>)
        #expect(throws: (any Error).self) { try ServiceCommand<Shop>.parseAsRoot(["walk"]) }
        #expect(ServiceCommand<Shop>.helpMessage().contains("Sells things."))
    }

    @Test("a mistaken configuration ends it with 78, before anything is opened")
    func exitCode() {
        let error = #expect(throws: ExitCode.self) {
            try ServiceStart<Shop>(environment: ["SHOP_HTTP_PORT": "none", "CITYCOOP_LOG_LEVEL": "loud"])
        }
        #expect(error?.rawValue == 78)
    }

    @Test("the table of settings has the common ones and the service's own")
    func settings() {
        let names = ServiceStart<Shop>.settingsTable().names
        #expect(
            names == [
                "SHOP_HTTP_PORT", "SHOP_HTTP_ADDRESS", "CITYCOOP_LOG_LEVEL", "CITYCOOP_LOG_FORMAT",
                "CITYCOOP_SHUTDOWN_DURATION", "CITYCOOP_OTLP_URL", "CITYCOOP_TRACE_RATIO", "SHOP_PASSWORD",
                "SHOP_PASSWORD_FILE",
            ])
    }
}
