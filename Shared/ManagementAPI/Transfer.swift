import CCurl

/// One libcurl handle, which keeps its connection between requests.
@safe struct Transfer: ~Copyable {
    /// Longest answer read: a broker with some ten thousand queues.
    private static let answerBytesMax = 64 << 20
    private static let connectTimeoutMilliseconds = 3_000

    private let handle: UnsafeMutableRawPointer
    private let timeoutMilliseconds: Int

    init(timeout: Duration) {
        timeoutMilliseconds = Int(timeout / .milliseconds(1))
        guard Self.isReady == CURLE_OK, let handle = unsafe curl_easy_init() else {
            preconditionFailure("libcurl does not start")
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
    }

    /// Once per process, before the first handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// What the answer is written into while it comes.
    private final class Answer {
        var bytes: [UInt8] = []
    }

    /// Sends one request and returns status and body; throws libcurl's words if there is no answer.
    func perform(
        _ method: String, _ url: String, user: String, password: String, authorityFile: String? = nil, body: [UInt8]?
    ) throws(TransferFailure) -> (status: Int, body: [UInt8]) {
        let answer = Answer()
        unsafe curl_easy_reset(handle)
        let headers = unsafe curl_slist_append(nil, "Content-Type: application/json")
        defer { unsafe curl_slist_free_all(headers) }
        set(CURLOPT_URL, url)
        set(CURLOPT_CUSTOMREQUEST, method)
        set(CURLOPT_USERNAME, user)
        set(CURLOPT_PASSWORD, password)
        set(CURLOPT_HTTPAUTH, 1)
        if let authorityFile { set(CURLOPT_CAINFO, authorityFile) }
        set(CURLOPT_NOSIGNAL, 1)
        // A proxy that the environment names is for the outside; what runs on this machine is asked directly.
        if Self.isLocal(url) { set(CURLOPT_PROXY, "") }
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeoutMilliseconds)
        set(CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        unsafe citycoop_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        if let body {
            set(CURLOPT_POSTFIELDSIZE, body.count)
            _ = unsafe body.withUnsafeBytes {
                unsafe citycoop_curl_set_pointer(
                    handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
        }
        unsafe citycoop_curl_set_write(handle) { bytes, size, count, context in
            guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
            let answer = unsafe Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
            guard answer.bytes.count + size * count <= Transfer.answerBytesMax else { return 0 }
            unsafe answer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        unsafe citycoop_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque())
        let outcome = withExtendedLifetime(answer) { unsafe curl_easy_perform(handle) }
        guard outcome == CURLE_OK else {
            throw TransferFailure(text: unsafe String(cString: curl_easy_strerror(outcome)))
        }
        var status = 0
        unsafe citycoop_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return (status, answer.bytes)
    }

    /// Whether the URL is of this machine.
    static func isLocal(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        let place = url[scheme.upperBound...].prefix { $0 != "/" }
        let host = place.hasPrefix("[") ? place.prefix { $0 != "]" } + "]" : place.prefix { $0 != ":" }
        return host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
    }

    private func set(_ option: CURLoption, _ value: String) {
        _ = unsafe citycoop_curl_set_string(handle, option, value)
    }

    private func set(_ option: CURLoption, _ value: Int) {
        _ = unsafe citycoop_curl_set_long(handle, option, value)
    }
}

/// There was no answer; libcurl says why.
struct TransferFailure: Error {
    let text: String
}
