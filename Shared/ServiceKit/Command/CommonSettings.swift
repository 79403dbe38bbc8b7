internal import Glibc
internal import HealthHTTP
internal import Logging

/// The settings that every service has.
struct CommonSettings: Sendable {
    let logLevel: Logger.Level
    let logFormat: LogFormat
    let httpAddress: ListenAddress
    let httpPortSetting: String
    let shutdownDuration: Duration
    let tracing: TracingSettings

    init(_ settings: inout Settings, prefix: String, httpPort: Int) {
        httpPortSetting = "\(prefix)_HTTP_PORT"
        let port = settings.port(httpPortSetting, "Port of health and metrics", default: httpPort)
        let host = settings.value(
            "\(prefix)_HTTP_ADDRESS", "Address of health and metrics", expected: "an IP address of this machine",
            default: ("127.0.0.1", "127.0.0.1"), standIn: "127.0.0.1"
        ) { ListenAddress(host: $0, port: 0) == nil ? nil : $0 }
        httpAddress = ListenAddress(host: host, port: port) ?? .loopback(port: port)
        logLevel = settings.choice("CITYCOOP_LOG_LEVEL", "Log lines below are left out", default: Logger.Level.info)
        logFormat = settings.value(
            "CITYCOOP_LOG_FORMAT", "How log lines look", expected: "json or plain",
            default: (isatty(STDERR_FILENO) == 1 ? .plain : .json, "plain on a terminal, else json"), standIn: .json,
            parse: LogFormat.init(rawValue:))
        shutdownDuration = settings.duration(
            "CITYCOOP_SHUTDOWN_DURATION", "Time to finish the work in hand when told to stop", default: .seconds(20))
        tracing = TracingSettings(&settings)
    }
}
