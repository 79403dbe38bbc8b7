internal import Glibc

/// Writes files into a folder: each is there whole or not at all, even if the power fails in between.
///
/// Bringing a file to the disk blocks a thread for milliseconds, on a busy disk for seconds: the folder has a thread of its
/// own for that, so that no other task waits. It stands here because `open`, `write` and `rename` take pointers: the modules
/// above have no unsafe code.
public actor DurableFiles {
    /// What the kernel refused.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The call: `open`, `write`, `fsync`, `rename`, `unlink`.
        public let call: String
        /// The number of the error.
        public let code: Int32

        /// The call and the kernel's words.
        public var description: String {
            "\(call): " + (unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")
        }
    }

    private let folder: String
    private let loop = EventLoop(name: "files", stackBytes: 512 << 10)

    /// The folder's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// Describes a folder, which must exist when it is written to.
    public init(folder: String) {
        self.folder = folder
    }

    /// Writes files; when this returns, they are on the disk.
    ///
    /// A file that has the name already is replaced in one step.
    public func write(_ files: [(name: String, bytes: [UInt8])]) throws(Failure) {
        for file in files { try write(file.bytes, as: file.name) }
        try synchronizeNames()
    }

    /// Removes files; when this returns, they are gone for good.
    ///
    /// One that is not there is no error.
    public func remove(_ names: [String]) throws(Failure) {
        for name in names {
            // A crash in the middle of a write may have left a part.
            try unlink("\(folder)/.\(name).part")
            try unlink("\(folder)/\(name)")
        }
        try synchronizeNames()
    }

    private func unlink(_ path: String) throws(Failure) {
        if unsafe Glibc.unlink(path) < 0 && errno != ENOENT { throw Failure(call: "unlink", code: errno) }
    }

    private func write(_ bytes: [UInt8], as name: String) throws(Failure) {
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

    private func synchronizeNames() throws(Failure) {
        let descriptor = try open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        try check("fsync", fsync(descriptor))
    }

    private func open(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
        // Owner and group: what is written may be personal.
        let descriptor = unsafe Glibc.open(path, flags, 0o640)
        try check("open", descriptor)
        return descriptor
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
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

    private func check(_ call: String, _ result: Int32) throws(Failure) {
        if result < 0 { throw Failure(call: call, code: errno) }
    }
}
