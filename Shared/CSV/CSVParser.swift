internal import CCSV

/// libcsv's parser for one record at a time; owns the C handle.
@safe final class CSVParser {
    /// What the text so far is.
    enum State {
        /// A record, complete with its line end.
        case complete
        /// The beginning of one: a quote is open.
        case within
        /// Something that no record begins with.
        case malformed
        /// Too much.
        case tooLong
    }

    /// What has been read of the record.
    private final class Row {
        var fields: [String] = []
        var isComplete = false
    }

    private let handle: UnsafeMutablePointer<csv_parser>
    private let row = Row()

    /// Quotes where they belong, also at the end; every line end is told.
    private static let options = UInt8(CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL)

    init(delimiter: UInt8) {
        unsafe handle = .allocate(capacity: 1)
        unsafe handle.initialize(to: csv_parser())
        // Fails for a null pointer alone.
        unsafe csv_init(handle, Self.options)
        unsafe csv_set_delim(handle, delimiter)
    }

    deinit {
        unsafe csv_free(handle)
        unsafe handle.deinitialize(count: 1)
        unsafe handle.deallocate()
    }

    /// The fields of the record that is complete.
    var fields: [String] { row.fields }

    /// Forgets whatever came before.
    func begin() {
        // With CSV_STRICT_FINI an open quote would be an error, and it would forget nothing.
        unsafe csv_set_opts(handle, Self.options & ~UInt8(CSV_STRICT_FINI))
        unsafe csv_fini(handle, nil, nil, nil)
        unsafe csv_set_opts(handle, Self.options)
        row.fields.removeAll(keepingCapacity: true)
        row.isComplete = false
    }

    /// Takes the next line of the record.
    func take(_ text: [UInt8], _ range: Range<Int>) -> State {
        let context = unsafe Unmanaged.passUnretained(row).toOpaque()
        let taken = unsafe text.withUnsafeBytes { bytes in
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            return unsafe csv_parse(handle, line.baseAddress, line.count, Self.onField, Self.onRow, context)
        }
        if taken != range.count { return .malformed }
        return row.isComplete ? .complete : .within
    }

    /// Says that nothing follows: the last record needs no line end.
    func finish() -> State {
        let context = unsafe Unmanaged.passUnretained(row).toOpaque()
        return unsafe csv_fini(handle, Self.onField, Self.onRow, context) == 0 ? .complete : .malformed
    }

    private static let onField:
        @convention(c) @Sendable (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
            bytes, count, context in
            guard let context = unsafe context else { return }
            let row = unsafe Unmanaged<Row>.fromOpaque(context).takeUnretainedValue()
            let field = unsafe UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
            row.fields.append(unsafe String(decoding: field, as: UTF8.self))
        }

    private static let onRow: @convention(c) @Sendable (Int32, UnsafeMutableRawPointer?) -> Void = { _, context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<Row>.fromOpaque(context).takeUnretainedValue().isComplete = true
    }
}
