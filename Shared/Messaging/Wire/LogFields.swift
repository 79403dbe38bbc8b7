import Contracts
import Logging

/// What a line of the log says about a message: which one, and in which trace; never what is in it.
extension Envelope {
    var logFields: Logger.Metadata {
        Logger.Metadata(messageID: id, type: type, traceparent: traceparent)
    }
}

extension OutgoingRecord {
    var logFields: Logger.Metadata {
        Logger.Metadata(messageID: id.text, type: type, traceparent: traceparent)
    }
}

extension StoredRecord {
    var logFields: Logger.Metadata {
        Logger.Metadata(messageID: id.text, type: type, traceparent: traceparent)
    }
}

extension Logger.Metadata {
    fileprivate init(messageID: String, type: String, traceparent: String?) {
        self = ["message_id": "\(messageID)", "type": "\(type)"]
        if let trace = traceparent.flatMap(TraceParent.init)?.traceID { self["trace_id"] = "\(trace)" }
    }

    /// The same fields and more.
    func adding(_ fields: Logger.Metadata) -> Logger.Metadata {
        merging(fields) { $1 }
    }
}
