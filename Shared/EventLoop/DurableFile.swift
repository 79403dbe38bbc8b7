internal import Glibc

/// Writes files that are there whole or not at all, even if the power fails in between.
///
/// It stands here because `open`, `write` and `rename` take pointers: the modules above have no unsafe code.
public enum DurableFile {
    /// What the kernel refused.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The call: `open`, `write`, `fsync`, `rename`.
        public let call: String
        /// The number of the error.
        public let code: Int32

        /// The call and the kernel's words.
        public var description: String {
            "\(call): " + (unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")
        }
    }

    /// Writes `bytes` under a temporary name, brings them to the disk, and gives the file its name in one step.
    ///
    /// A file that has the name already is replaced. The name itself is on the disk after ``synchronize(folder:)``.
    public static func write(_ bytes: [UInt8], as name: String, in folder: String) throws(Failure) {
        let temporary = "\(folder)/.\(name).part"
        let descriptor = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        do {
            try write(bytes, to: descriptor)
            try check("fsync", fsync(descriptor))
        } catch {
            close(descriptor)
            throw error
        }
        try check("close", close(descriptor))
        try check("rename", unsafe rename(temporary, "\(folder)/\(name)"))
    }

    /// Brings the names in a folder to the disk.
    public static func synchronize(folder: String) throws(Failure) {
        let descriptor = try open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        try check("fsync", fsync(descriptor))
    }

    private static func open(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
        // Owner and group: what is written may be personal.
        let descriptor = unsafe Glibc.open(path, flags, 0o640)
        try check("open", descriptor)
        return descriptor
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes[start...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if written < 0 && errno == EINTR { continue }
            try check("write", Int32(clamping: written))
            start += written
        }
    }

    private static func check(_ call: String, _ result: Int32) throws(Failure) {
        if result < 0 { throw Failure(call: call, code: errno) }
    }
}
