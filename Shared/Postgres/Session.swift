import CPostgres
import Glibc

/// Owns one libpq connection: thin words for the calls, so that pointers stop here.
///
/// libpq takes a null connection for a broken one, so that a finished session may be called and says that it is broken.
@safe
struct Session: ~Copyable {
    private var handle: OpaquePointer?

    init() {
        unsafe handle = nil
    }

    deinit {
        unsafe PQfinish(handle)
    }

    // MARK: Coming and going

    /// Begins to connect; progress is made by ``poll()`` whenever the socket is ready.
    mutating func start(_ options: [String: String]) {
        var keywords: [UnsafePointer<CChar>?] = unsafe options.keys.map { unsafe UnsafePointer(strdup($0)) }
        var values: [UnsafePointer<CChar>?] = unsafe options.values.map { unsafe UnsafePointer(strdup($0)) }
        unsafe keywords.append(nil)
        unsafe values.append(nil)
        unsafe handle = PQconnectStartParams(keywords, values, 0)
        unsafe (keywords + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
        // Notices would go to standard error; the server keeps its own log.
        _ = unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
    }

    func poll() -> PostgresPollingStatusType { unsafe PQconnectPoll(handle) }

    /// Switches to pipeline mode and to calls that never block.
    func enterPipeline() -> Bool {
        unsafe PQsetnonblocking(handle, 1) == 0 && PQenterPipelineMode(handle) == 1
    }

    func leavePipeline() -> Bool { unsafe PQexitPipelineMode(handle) == 1 }

    mutating func finish() {
        unsafe PQfinish(handle)
        unsafe handle = nil
    }

    var socket: Int32 { unsafe PQsocket(handle) }
    var isBroken: Bool { unsafe PQstatus(handle) == CONNECTION_BAD }
    var isEncrypted: Bool { unsafe PQsslInUse(handle) != 0 }

    /// What libpq says about the connection itself; it names hosts and users, never passwords.
    var complaint: String {
        let text = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return text.isEmpty ? "the connection was lost" : PostgresError.oneLine(text)
    }

    // MARK: Sending

    func prepare(_ name: String, sql: String, types: ArraySlice<UInt32>) -> Bool {
        unsafe Array(types).withUnsafeBufferPointer { types in
            unsafe PQsendPrepare(handle, name, sql, Int32(types.count), types.baseAddress) == 1
        }
    }

    func describe(_ name: String) -> Bool { unsafe PQsendDescribePrepared(handle, name) == 1 }

    func execute(_ name: String, _ parameters: Parameters, _ range: Range<Int>) -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: range.count) { values in
            unsafe parameters.bytes.withUnsafeBytes { bytes in
                for (index, parameter) in range.enumerated() {
                    let offset = parameters.offsets[parameter]
                    let start = unsafe offset < 0 ? nil : bytes.baseAddress?.advanced(by: offset)
                    unsafe values.initializeElement(at: index, to: start?.assumingMemoryBound(to: CChar.self))
                }
                return unsafe parameters.lengths.withUnsafeBufferPointer { lengths in
                    unsafe parameters.formats.withUnsafeBufferPointer { formats in
                        unsafe PQsendQueryPrepared(
                            handle, name, Int32(range.count), values.baseAddress,
                            lengths.baseAddress?.advanced(by: range.lowerBound), formats.baseAddress, 1) == 1
                    }
                }
            }
        }
    }

    func sync() -> Bool { unsafe PQpipelineSync(handle) == 1 }

    func query(_ script: String) -> Bool { unsafe PQsendQuery(handle, script) == 1 }

    // MARK: The socket

    enum Flushed { case everything, partly, broken }

    func flush() -> Flushed {
        switch unsafe PQflush(handle) {
        case 0: .everything
        case 1: .partly
        default: .broken
        }
    }

    /// Reads what has arrived; false once the connection is broken, though there may be results left.
    func consumeInput() -> Bool { unsafe PQconsumeInput(handle) == 1 }

    /// Whether ``nextResult()`` would have to wait.
    var isBusy: Bool { unsafe PQisBusy(handle) == 1 }

    /// The next result; nil at the end of each statement's.
    func nextResult() -> ServerResult? { unsafe PQgetResult(handle).map { unsafe ServerResult($0) } }

    /// What it takes to cancel the statement that is running.
    func canceller() -> Canceller? { unsafe PQgetCancel(handle).map { unsafe Canceller($0) } }
}

/// Asks the server, over a connection of its own, to cancel what a session is doing.
///
/// `@unchecked Sendable`: made for being used from another thread, and used by one only.
@safe
final class Canceller: @unchecked Sendable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe PQfreeCancel(handle)
    }

    /// Blocks until the server has taken the request, or cannot be reached.
    func send() {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { complaint in
            _ = unsafe PQcancel(handle, complaint.baseAddress, 256)
        }
    }
}
