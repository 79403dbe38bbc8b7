import CPostgres

/// One result of the server; freed with its last reference.
///
/// `@unchecked Sendable`: libpq's results do not change once they are there, and may be read from any thread.
@safe
final class ServerResult: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Takes over a result.
    init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe PQclear(handle)
    }

    var status: ExecStatusType { unsafe PQresultStatus(handle) }
    var rowCount: Int { Int(unsafe PQntuples(handle)) }
    var columns: Int { Int(unsafe PQnfields(handle)) }
    /// The word by which the server says what it did: `INSERT 0 3`, `COMMIT`, `ROLLBACK`.
    var command: String { unsafe PQcmdStatus(handle).map { unsafe String(cString: $0) } ?? "" }
    var affected: Int { unsafe PQcmdTuples(handle).flatMap { unsafe Int(String(cString: $0)) } ?? 0 }

    func columnType(_ column: Int) -> UInt32 { unsafe PQftype(handle, Int32(column)) }

    func columnName(_ column: Int) -> String {
        unsafe PQfname(handle, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column + 1)"
    }

    // What PQdescribePrepared tells about a statement's parameters.
    var parameterTypes: [UInt32] {
        unsafe (0..<PQnparams(handle)).map { unsafe PQparamtype(handle, $0) }
    }

    /// Reads every row of a result of `statement`.
    func rows<S: Statement>(of statement: S.Type) throws(PostgresError) -> [S.Row] {
        var rows: [S.Row] = []
        rows.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            var columns = Columns(row: row, of: self)
            do {
                rows.append(try S.row(&columns))
                guard columns.isComplete else {
                    throw PostgresError(.decoding, "the result has \(self.columns) columns, the row reads fewer")
                }
            } catch var error as PostgresError {
                error.statement = error.statement ?? "\(S.self)"
                throw error
            } catch {
                throw PostgresError(.decoding, "the row was refused", statement: "\(S.self)", underlying: error)
            }
        }
        return rows
    }

    /// Reads one value, once its column turns out to have the right type.
    func value<Value: PostgresValue>(row: Int, column: Int, as type: Value.Type) throws(PostgresError) -> Value {
        guard column < columns else {
            throw PostgresError(.decoding, "the row reads more columns than the \(columns) of the result")
        }
        let (row, index) = (Int32(row), Int32(column))
        guard Value.postgresType.accepts(columnType(column)) else {
            throw mismatch(column, expected: Value.postgresType)
        }
        do {
            guard unsafe PQgetisnull(handle, row, index) == 0 else { return try Value(decoding: nil) }
            let start = unsafe UnsafeRawPointer(PQgetvalue(handle, row, index))
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, index)))
            return try Value(decoding: unsafe bytes.bytes)
        } catch {
            var error = error
            error.column = columnName(column)
            error.message = "column \(column + 1) (\(columnName(column))): \(error.message)"
            throw error
        }
    }

    private func mismatch(_ column: Int, expected: PostgresType) -> PostgresError {
        let name = columnName(column)
        let found = PostgresType.name(of: columnType(column))
        var error = PostgresError(.decoding, "column \(column + 1) (\(name)) is \(found), the row reads \(expected)")
        error.column = name
        return error
    }

    /// The server's error, without values.
    func error(in statement: (any Statement.Type)?) -> PostgresError {
        let sqlState = field(citycoop_pg_diag_sqlstate)
        let (message, detail) = PostgresError.withoutValues(
            sqlState: sqlState,
            message: unsafe field(citycoop_pg_diag_message_primary)
                ?? String(cString: PQresultErrorMessage(handle)),
            detail: field(citycoop_pg_diag_message_detail))
        // libpq reports a lost connection as an error without SQLSTATE.
        var error = PostgresError(sqlState == nil ? .noConnection : .server, message)
        error.sqlState = sqlState
        error.severity = field(citycoop_pg_diag_severity)
        error.detail = detail
        error.constraint = field(citycoop_pg_diag_constraint_name)
        error.table = field(citycoop_pg_diag_table_name)
        error.column = field(citycoop_pg_diag_column_name)
        error.statement = statement.map { "\($0)" }
        return error
    }

    private func field(_ code: Int32) -> String? {
        unsafe PQresultErrorField(handle, code).map { unsafe String(cString: $0) }
    }
}
