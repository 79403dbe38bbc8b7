import CRabbitMQ

/// Memory for what one call hands to the library: strings and header tables, without a malloc for each.
///
/// It is the library's own pool, whose pages stay when it is recycled. What it gives out is lent for one
/// ``lend(_:)`` only.
@safe struct Arena: ~Copyable {
    /// One page holds everything but a header table of many kilobytes.
    private static let pageBytes = 32 << 10

    private let pool: UnsafeMutablePointer<amqp_pool_t>

    init() {
        unsafe pool = .allocate(capacity: 1)
        unsafe init_amqp_pool(pool, Self.pageBytes)
    }

    deinit {
        unsafe empty_amqp_pool(pool)
        unsafe pool.deallocate()
    }

    /// Lets the body copy into the arena, and takes everything back afterwards.
    func lend<Result, Failure: Error>(_ body: (borrowing Arena) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { unsafe recycle_amqp_pool(pool) }
        return try body(self)
    }

    /// A copy of the text's UTF-8.
    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { unsafe copy($0) }
    }

    /// A copy of the table.
    func table(_ table: [String: HeaderValue]) -> amqp_table_t {
        guard !table.isEmpty else { return unsafe amqp_empty_table }
        let entries = unsafe allocate(amqp_table_entry_t.self, table.count)
        var position = 0
        for (key, value) in table {
            unsafe entries[position] = amqp_table_entry_t(key: bytes(key), value: field(value))
            position += 1
        }
        return unsafe amqp_table_t(num_entries: Int32(table.count), entries: entries)
    }

    private func field(_ value: HeaderValue) -> amqp_field_value_t {
        var field = unsafe amqp_field_value_t()
        switch value {
        case .string(let text):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            unsafe field.value.bytes = bytes(text)
        case .int(let number):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            unsafe field.value.i64 = number
        case .double(let number):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            unsafe field.value.f64 = number
        case .bool(let truth):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            unsafe field.value.boolean = truth ? 1 : 0
        case .bytes(let bytes):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BYTES.rawValue)
            unsafe field.value.bytes = bytes.withUnsafeBufferPointer { unsafe copy($0) }
        case .timestamp(let seconds):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TIMESTAMP.rawValue)
            unsafe field.value.u64 = seconds
        case .table(let nested):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            unsafe field.value.table = table(nested)
        case .array(let elements):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            unsafe field.value.array = array(elements)
        case .null:
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return unsafe field
    }

    private func array(_ elements: [HeaderValue]) -> amqp_array_t {
        guard !elements.isEmpty else { return unsafe amqp_empty_array }
        let entries = unsafe allocate(amqp_field_value_t.self, elements.count)
        for (position, element) in elements.enumerated() {
            unsafe entries[position] = field(element)
        }
        return unsafe amqp_array_t(num_entries: Int32(elements.count), entries: entries)
    }

    private func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> amqp_bytes_t {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return unsafe amqp_empty_bytes }
        let copy = unsafe allocate(UInt8.self, bytes.count)
        unsafe copy.update(from: source, count: bytes.count)
        return unsafe amqp_bytes_t(len: bytes.count, bytes: copy)
    }

    private func allocate<Element>(_: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = unsafe amqp_pool_alloc(pool, count * MemoryLayout<Element>.stride) else {
            preconditionFailure("out of memory")
        }
        return unsafe memory.bindMemory(to: Element.self, capacity: count)
    }
}
