import CRabbitMQ

/// Copies a message's properties out of the library's memory, keeping hostile header tables within bounds.
///
/// The library has decoded the whole table by then (one frame holds 26,000 nested arrays, which is why the threads that get
/// here have 16 MB of stack); what is kept for longer, and recursed over by others, is bounded here.
struct HeaderDecoder {
    private let limits: AMQPLimits
    private var values = 0
    /// Whether something was left out.
    private(set) var wasTruncated = false

    init(_ limits: AMQPLimits) {
        self.limits = limits
    }

    /// A copy of the properties.
    mutating func properties(_ raw: amqp_basic_properties_t) -> Properties {
        let flags = unsafe raw._flags
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            flags & UInt32(flag) == 0 ? nil : unsafe String(bytes)
        }
        var properties = Properties()
        properties.contentType = unsafe text(AMQP_BASIC_CONTENT_TYPE_FLAG, raw.content_type)
        properties.contentEncoding = unsafe text(AMQP_BASIC_CONTENT_ENCODING_FLAG, raw.content_encoding)
        properties.correlationID = unsafe text(AMQP_BASIC_CORRELATION_ID_FLAG, raw.correlation_id)
        properties.replyTo = unsafe text(AMQP_BASIC_REPLY_TO_FLAG, raw.reply_to)
        properties.expiration = unsafe text(AMQP_BASIC_EXPIRATION_FLAG, raw.expiration)
        properties.messageID = unsafe text(AMQP_BASIC_MESSAGE_ID_FLAG, raw.message_id)
        properties.type = unsafe text(AMQP_BASIC_TYPE_FLAG, raw.type)
        properties.userID = unsafe text(AMQP_BASIC_USER_ID_FLAG, raw.user_id)
        properties.appID = unsafe text(AMQP_BASIC_APP_ID_FLAG, raw.app_id)
        if flags & UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG) != 0 { properties.deliveryMode = unsafe raw.delivery_mode }
        if flags & UInt32(AMQP_BASIC_PRIORITY_FLAG) != 0 { properties.priority = unsafe raw.priority }
        if flags & UInt32(AMQP_BASIC_TIMESTAMP_FLAG) != 0 { properties.timestamp = unsafe raw.timestamp }
        if flags & UInt32(AMQP_BASIC_HEADERS_FLAG) != 0 { properties.headers = unsafe table(raw.headers, depth: 1) }
        return properties
    }

    private mutating func table(_ raw: amqp_table_t, depth: Int) -> [String: HeaderValue] {
        let kept = admit(unsafe Int(raw.num_entries))
        var table = [String: HeaderValue](minimumCapacity: kept)
        for position in 0..<kept {
            let entry = unsafe raw.entries[position]
            let key = unsafe String(entry.key)
            table[key] = unsafe value(entry.value, depth: depth)
        }
        return table
    }

    private mutating func array(_ raw: amqp_array_t, depth: Int) -> [HeaderValue] {
        let kept = admit(unsafe Int(raw.num_entries))
        var array: [HeaderValue] = []
        array.reserveCapacity(kept)
        for position in 0..<kept {
            array.append(unsafe value(raw.entries[position], depth: depth))
        }
        return array
    }

    /// How many of so many values may still be kept.
    private mutating func admit(_ count: Int) -> Int {
        let kept = max(0, min(count, limits.headerValuesMax - values))
        values += kept
        if kept < count { wasTruncated = true }
        return kept
    }

    private mutating func value(_ raw: amqp_field_value_t, depth: Int) -> HeaderValue {
        switch unsafe amqp_field_value_kind_t(UInt32(raw.kind)) {
        case AMQP_FIELD_KIND_BOOLEAN: return unsafe .bool(raw.value.boolean != 0)
        case AMQP_FIELD_KIND_I8: return unsafe .int(Int64(raw.value.i8))
        case AMQP_FIELD_KIND_U8: return unsafe .int(Int64(raw.value.u8))
        case AMQP_FIELD_KIND_I16: return unsafe .int(Int64(raw.value.i16))
        case AMQP_FIELD_KIND_U16: return unsafe .int(Int64(raw.value.u16))
        case AMQP_FIELD_KIND_I32: return unsafe .int(Int64(raw.value.i32))
        case AMQP_FIELD_KIND_U32: return unsafe .int(Int64(raw.value.u32))
        case AMQP_FIELD_KIND_I64: return unsafe .int(raw.value.i64)
        case AMQP_FIELD_KIND_U64: return unsafe .int(Int64(clamping: raw.value.u64))
        case AMQP_FIELD_KIND_F32: return unsafe .double(Double(raw.value.f32))
        case AMQP_FIELD_KIND_F64: return unsafe .double(raw.value.f64)
        case AMQP_FIELD_KIND_DECIMAL: return unsafe .double(raw.value.decimal.asDouble)
        case AMQP_FIELD_KIND_UTF8:
            let bytes = unsafe UnsafeRawBufferPointer(raw.value.bytes)
            return unsafe String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes([UInt8](bytes))
        case AMQP_FIELD_KIND_BYTES: return unsafe .bytes([UInt8](UnsafeRawBufferPointer(raw.value.bytes)))
        case AMQP_FIELD_KIND_TIMESTAMP: return unsafe .timestamp(raw.value.u64)
        case AMQP_FIELD_KIND_TABLE where depth < limits.headerDepthMax:
            return unsafe .table(table(raw.value.table, depth: depth + 1))
        case AMQP_FIELD_KIND_ARRAY where depth < limits.headerDepthMax:
            return unsafe .array(array(raw.value.array, depth: depth + 1))
        case AMQP_FIELD_KIND_TABLE, AMQP_FIELD_KIND_ARRAY:
            wasTruncated = true
            return .null
        default: return .null
        }
    }
}

extension amqp_decimal_t {
    fileprivate var asDouble: Double {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return Double(value) / scale
    }
}

extension String {
    /// A copy of text in the library's memory; broken UTF-8 is repaired.
    init(_ bytes: amqp_bytes_t) {
        unsafe self.init(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes where they are.
    init(_ bytes: amqp_bytes_t) {
        unsafe self.init(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
    }
}
