internal import EventLoop

/// A folder in which files appear whole or not at all.
///
/// Bringing a file to the disk blocks a thread for milliseconds, on a busy disk for seconds: the folder has a thread of its
/// own for that, so that no other task waits.
public actor DurableFolder {
    /// A file to write.
    public struct File: Sendable {
        /// The name within the folder; one component.
        public let name: String
        /// What is in it.
        public let bytes: [UInt8]

        /// Makes a file; the name must not lead out of the folder.
        public init(name: String, bytes: [UInt8]) {
            precondition(!name.isEmpty && !name.contains("/") && name != "." && name != "..")
            self.name = name
            self.bytes = bytes
        }
    }

    private let path: String
    private let loop: EventLoop

    /// The folder's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    /// Describes a folder, which must exist when it is written to.
    public init(path: String) {
        self.path = path
        loop = EventLoop(name: "files", stackBytes: 512 << 10)
    }

    /// Writes files; when this returns, they survive a power cut. A file of the same name is replaced.
    public func write(_ files: [File]) throws {
        for file in files { try DurableFile.write(file.bytes, as: file.name, in: path) }
        try DurableFile.synchronize(folder: path)
    }
}
