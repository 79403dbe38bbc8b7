// swift-tools-version: 6.2
import PackageDescription

/// What every target of the suite is compiled with: language mode 6, no unchecked memory access, no warning left standing.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A C library that Swift calls: a module map and a shim under `Shared/`.
func c(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Shared/\(name)", pkgConfig: pkgConfig)
}

/// A module that several executables share.
func shared(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", resources: resources, swiftSettings: settings)
}

/// An executable: one of the four services, or the operator's tool.
func executable(_ name: String, in folder: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
    -> Target
{
    .executableTarget(
        name: name, dependencies: dependencies, path: "Services/\(folder)", exclude: ["README.md"],
        resources: resources, swiftSettings: settings)
}

/// The tests of one module or service.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, resources: resources,
        swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// What every service is made of.
let service: [Target.Dependency] = ["Contracts", "Messaging", "Postgres", "ServiceKit"]

let package = Package(
    name: "citycoop",
    products: [
        .executable(name: "cities", targets: ["cities"]),
        .executable(name: "events", targets: ["events"]),
        .executable(name: "vouchers", targets: ["vouchers"]),
        .executable(name: "notifications", targets: ["notifications"]),
        .executable(name: "citycoop", targets: ["citycoop"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Without its JSON files, for which it would bring all of Foundation with it.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        c("CLinux"),
        c("CRabbitMQ", pkgConfig: "librabbitmq"),
        c("CPostgres", pkgConfig: "libpq"),
        c("CCurl", pkgConfig: "libcurl"),
        c("CMicrohttpd", pkgConfig: "libmicrohttpd"),
        c("CCSV"),
        c("COpenSSL", pkgConfig: "libcrypto"),

        shared("EventLoop", ["CLinux"]),
        shared("AMQP", ["CRabbitMQ", "EventLoop"]),
        shared("Postgres", ["CPostgres", "EventLoop"]),
        shared("Contracts"),
        shared("Processes", ["CLinux", "EventLoop"]),
        shared("JSON"),
        shared("ManagementAPI", ["CCurl", "EventLoop", "JSON"]),
        shared("HealthHTTP", ["CMicrohttpd", "EventLoop"]),
        shared("PlainHTTP", ["EventLoop"]),
        shared("OTLP", ["Contracts", "PlainHTTP", lifecycle, logging, tracing]),
        shared("CSV", ["CCSV"]),
        shared("CMS", ["COpenSSL"]),
        shared(
            "Messaging", ["AMQP", "Postgres", "Contracts", "JSON", crypto, logging, metrics, lifecycle, tracing],
            resources: [
                .embedInCode("Migrations/0001_runtime.sql"), .embedInCode("Migrations/0002_access.sql"),
                .embedInCode("Migrations/0003_audit.sql"),
                .embedInCode("Migrations/0004_privacy.sql"),
                .embedInCode("Migrations/0005_failures.sql"),
                .embedInCode("Migrations/0006_intake.sql"),
            ]),
        shared(
            "ServiceKit",
            [
                "AMQP", "CLinux", "Contracts", "EventLoop", "HealthHTTP", "Messaging", "OTLP", "PlainHTTP", "Postgres",
                argumentParser, configuration, lifecycle, unixSignals, logging, metrics, coreMetrics, instrumentation,
            ]),

        executable(
            "cities", in: "Cities", service + ["CSV", crypto],
            resources: [
                .embedInCode("Migrations/0001_cities.sql"),
                .embedInCode("Migrations/0002_registry.sql"),
                .embedInCode("Migrations/0003_merchants.sql"),
                .embedInCode("Migrations/0004_indicators.sql"),
                .embedInCode("Migrations/0005_privacy.sql"),
            ]),
        executable(
            "events", in: "Events", service, resources: [.embedInCode("Migrations/0001_events.sql")]),
        executable(
            "vouchers", in: "Vouchers", service + ["CMS", "CSV", crypto],
            resources: [
                .embedInCode("Migrations/0001_vouchers.sql"),
                .embedInCode("Migrations/0002_acceptance.sql"),
                .embedInCode("Migrations/0003_merchants.sql"),
                .embedInCode("Migrations/0004_instrument.sql"),
                .embedInCode("Migrations/0005_programmes.sql"),
                .embedInCode("Migrations/0006_orders.sql"),
                .embedInCode("Migrations/0007_holds.sql"),
                .embedInCode("Migrations/0008_life.sql"),
                .embedInCode("Migrations/0009_settlement.sql"),
                .embedInCode("Migrations/0010_reports.sql"),
                .embedInCode("Migrations/0011_policies.sql"),
                .embedInCode("Migrations/0012_gifts.sql"),
                .embedInCode("Migrations/0013_order_cancellation.sql"),
                .embedInCode("Migrations/0014_bookings.sql"),
                .embedInCode("Migrations/0015_file_retention.sql"),
            ]),
        executable(
            "notifications", in: "Notifications", service,
            resources: [
                .embedInCode("Migrations/0001_notifications.sql"), .embedInCode("Migrations/0002_retention.sql"),
            ]),
        executable(
            "citycoop", in: "CityCoop",
            [
                "AMQP", "Contracts", "CSV", "EventLoop", "JSON", "ManagementAPI", "Messaging", "OTLP", "PlainHTTP",
                "Postgres", "Processes", argumentParser, crypto, instrumentation, logging, unixSignals,
            ],
            resources: [.embedInCode("Demo/cities.json"), .embedInCode("Demo/merchants.csv")]),

        .target(
            name: "TestKit", dependencies: ["AMQP", "Contracts", "ManagementAPI", "Messaging", "Postgres"],
            path: "Tests/Support/TestKit", swiftSettings: settings),
        tests("EventLoopTests", ["EventLoop"]),
        tests("AMQPTests", ["AMQP", "JSON", "ManagementAPI", "TestKit"]),
        tests("PostgresTests", ["Postgres", "TestKit"]),
        tests("ContractsTests", ["Contracts", "TestKit"], exclude: ["Golden"]),
        tests(
            "MessagingTests",
            [
                "AMQP", "Contracts", "JSON", "ManagementAPI", "Messaging", "OTLP", "PlainHTTP", "Postgres", "TestKit",
                lifecycle, logging, tracing,
            ],
            exclude: ["Golden"]),
        tests("OTLPTests", ["Contracts", "OTLP", "PlainHTTP", "TestKit", lifecycle, logging, tracing]),
        tests(
            "ServiceKitTests",
            [
                "HealthHTTP", "Messaging", "ServiceKit", "TestKit", lifecycle, logging, metrics, coreMetrics,
                argumentParser,
            ]),
        tests("CSVTests", ["CSV", "TestKit"]),
        tests("CMSTests", ["CMS"]),
        tests(
            "CitiesTests", ["cities", "citycoop", "Contracts", "CSV", "Messaging", "Postgres", "TestKit"],
            exclude: ["Golden"]),
        tests("EventsTests", ["events", "Contracts", "Messaging", "Postgres", "TestKit"]),
        tests(
            "VouchersTests",
            [
                "vouchers", "citycoop", "CSV", "Contracts", "Messaging", "Postgres", "Processes", "ServiceKit",
                "TestKit", crypto,
            ],
            exclude: ["Golden", "Schemas"]),
        tests(
            "NotificationsTests", ["notifications", "Contracts", "Messaging", "Postgres", "TestKit"],
            exclude: ["Golden"]),
        tests(
            "AccessTests",
            ["cities", "events", "vouchers", "notifications", "Contracts", "Messaging", "ServiceKit", "TestKit"],
            exclude: ["Golden"]),
        tests("ProcessesTests", ["Processes"]),
        tests("HealthHTTPTests", ["HealthHTTP", "TestKit"]),
        tests(
            "CityCoopTests",
            [
                "citycoop", "AMQP", "CSV", "Contracts", "JSON", "ManagementAPI", "Messaging", "Postgres", "Processes",
                "TestKit", argumentParser,
            ]),
        tests("TidyTests", []),
        tests("SystemTests", ["AMQP", "Contracts", "JSON", "ManagementAPI", "Messaging", "Postgres", "TestKit"]),
    ],
    swiftLanguageModes: [.v6]
)
