public import Postgres

/// The runtime's tables, which every service's database has.
public enum MessagingSchema {
    /// The migrations, to be applied before the service's own.
    public static var migrations: MigrationSet {
        MigrationSet(
            name: "runtime", version: 6, minCompatible: 1,
            migrations: [
                Migration(number: 1, name: "runtime", sql: PackageResources._001_runtime_sql),
                Migration(number: 2, name: "access", sql: PackageResources._002_access_sql),
                Migration(number: 3, name: "audit", sql: PackageResources._003_audit_sql),
                Migration(number: 4, name: "privacy", sql: PackageResources._004_privacy_sql),
                Migration(number: 5, name: "failures", sql: PackageResources._005_failures_sql),
                Migration(number: 6, name: "intake", sql: PackageResources._006_intake_sql),
            ])
    }
}
