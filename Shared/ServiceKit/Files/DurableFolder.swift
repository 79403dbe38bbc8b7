internal import EventLoop

/// A folder in which files appear whole or not at all.
public struct DurableFolder: Sendable {
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

    private let files: DurableFiles

    /// Describes a folder, which must exist when it is written to.
    public init(path: String) {
        files = DurableFiles(folder: path)
    }

    /// Writes files; when this returns, they survive a power cut.
    ///
    /// A file of the same name is replaced.
    public func write(_ files: [File]) async throws {
        try await self.files.write(files.map { ($0.name, $0.bytes) })
    }

    /// Removes files by name; when this returns, they are gone for good.
    ///
    /// One that is not there is no error.
    public func remove(_ names: [String]) async throws {
        try await files.remove(names)
    }
}
