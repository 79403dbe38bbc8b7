import CPostgres
import EventLoop
import Synchronization

extension Connection {
    /// Signs in and sets the session up.
    ///
    /// - Parameters:
    ///   - address: The database.
    ///   - name: Shown as `application_name` and as the thread's name.
    public static func connect(
        to address: DatabaseAddress, name: String, limits: PostgresLimits = .init()
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(name: name, limits: limits)
        try await connection.open(address)
        do {
            _ = try await connection.execute(ConfigureSession(limits: limits), within: limits.connectTimeout)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    private func open(_ address: DatabaseAddress) async throws(PostgresError) {
        var options = address.options
        options["application_name"] = name
        options["client_encoding"] = "UTF8"
        // Unless the address asks for it: libpq looks for Kerberos credentials first, at each connection, and what that
        // touches of its libraries is 0.8 MB in every process.
        options["gssencmode"] = options["gssencmode"] ?? "disable"
        options["keepalives"] = "1"
        options["keepalives_idle"] = "\(max(1, limits.keepaliveIdle.components.seconds))"
        options["keepalives_interval"] = "\(max(1, limits.keepaliveInterval.components.seconds))"
        options["keepalives_count"] = "\(limits.keepaliveProbesMax)"
        options["tcp_user_timeout"] = "\(limits.unacknowledgedTimeout.milliseconds)"
        session.start(options)
        try await withCheckedContinuation { continuation in
            connecting = continuation
            guard !session.isBroken else { return fail(connectFailure) }
            loop.executor.setAlarm(at: .now + limits.connectTimeout) { [weak self] in
                self?.assumeIsolated { $0.fail(PostgresError(.noConnection, "no connection within the time for it")) }
            }
            // libpq asks to be treated as if its first answer had been "writing".
            watch(for: .writable)
        }.get()
    }

    /// A connection attempt may go through several sockets, one for each address of the server.
    private func watch(for interest: Readiness) {
        loop.executor.watch(session.socket, for: interest) { [weak self] readiness in
            self?.assumeIsolated { $0.connecting == nil ? $0.socketIsReady(readiness) : $0.connectOnward() }
        }
    }

    private func connectOnward() {
        switch session.poll() {
        case PGRES_POLLING_READING: watch(for: .readable)
        case PGRES_POLLING_WRITING: watch(for: .writable)
        case PGRES_POLLING_OK: becomeUsable()
        default: fail(connectFailure)
        }
    }

    private func becomeUsable() {
        guard session.enterPipeline() else { return fail(connectFailure) }
        loop.executor.clearAlarm()
        watch(for: .readable)
        usable.store(true, ordering: .releasing)
        connecting?.resume(returning: .success(()))
        connecting = nil
    }

    private var connectFailure: PostgresError { PostgresError(.noConnection, session.complaint) }
}

/// The settings that keep a frozen or forgetful client from holding what others need, and plans from growing stale.
private struct ConfigureSession: Statement {
    static let sql = """
        SELECT set_config(setting.name, setting.value, false)
        FROM unnest($1::text[], $2::text[]) AS setting(name, value)
        """
    let limits: PostgresLimits

    func bind(_ parameters: inout Parameters) {
        let settings = [
            ("lock_timeout", "\(limits.lockTimeout.milliseconds)"),
            ("statement_timeout", "\(limits.statementTimeout.milliseconds)"),
            ("idle_in_transaction_session_timeout", "\(limits.idleInTransactionTimeout.milliseconds)"),
            ("enable_seqscan", limits.avoidsTableScans ? "off" : "on"),
            ("TimeZone", "UTC"),
        ]
        parameters.add(settings.map(\.0))
        parameters.add(settings.map(\.1))
    }
}
