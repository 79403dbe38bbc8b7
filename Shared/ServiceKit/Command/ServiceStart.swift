internal import ArgumentParser
internal import FoundationEssentials
internal import Logging

/// What every subcommand begins with: the configuration read and found right, logs and metrics in place.
struct ServiceStart<Definition: ServiceDefinition> {
    /// EX_CONFIG of sysexits.h.
    static var mistakenConfiguration: ExitCode { ExitCode(78) }

    let configuration: Definition.Configuration
    let common: CommonSettings
    let context: ServiceContext
    let settings: SettingsTable

    /// Prints all mistakes and throws exit code 78 if there are any.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let prefix = ServiceStart.prefix
        var settings = Settings(environment, prefix: prefix)
        common = CommonSettings(&settings, prefix: prefix, httpPort: Definition.httpPort)
        configuration = Definition.configuration(&settings)
        do {
            try settings.finish()
        } catch {
            Terminal.writeError("\(error)")
            throw ServiceStart.mistakenConfiguration
        }
        self.settings = settings.documentation
        let log = ServiceLog(service: Definition.name, format: common.logFormat, level: common.logLevel)
        log.bootstrap()
        let metrics = MetricsRegistry()
        metrics.bootstrap()
        context = ServiceContext(
            name: Definition.name, logger: log.logger(Definition.name), readiness: Readiness(), metrics: metrics,
            shutdownDuration: common.shutdownDuration)
    }

    /// What the service reads, without its environment.
    static func settingsTable() -> SettingsTable {
        var settings = Settings([:], prefix: prefix)
        _ = CommonSettings(&settings, prefix: prefix, httpPort: Definition.httpPort)
        _ = Definition.configuration(&settings)
        return settings.documentation
    }

    private static var prefix: String {
        Definition.name.uppercased()
    }

    /// Runs a body; an error it throws is logged once, with all it says, and ends the process with 1.
    func reportingFailure(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            context.logger.critical("\(Definition.name) ends with a failure.", error: error)
            throw ExitCode.failure
        }
    }
}
