internal import EventLoop
internal import FoundationEssentials
internal import Glibc

/// A program and its arguments, ready to be started as a process of its own.
///
/// It stands in a module of its own because `posix_spawn` and pipes take pointers: whoever starts programs has no unsafe
/// code. Programs inherit our environment and nothing else: standard input is empty, other descriptors are closed; but one that
/// is run in the foreground shares our terminal.
public struct Program: Sendable {
    /// The executable's path.
    public let path: String
    /// What it is called with, without its own name.
    public let arguments: [String]

    /// A program as given; nothing is started yet.
    public init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }

    /// Starts the program in a session of its own, so that it outlives us and our terminal; its output is appended to a file.
    ///
    /// - Returns: The process.
    public func startInBackground(log: String) throws(ProgramError) -> ProcessID {
        var start = Spawn()
        try start.append(STDOUT_FILENO, to: log)
        start.duplicate(STDOUT_FILENO, as: STDERR_FILENO)
        start.makeSession()
        return try start.run(self)
    }

    /// Runs the program to its end in our place at the terminal: what we read and write is its own meanwhile.
    ///
    /// It is not stopped when the task is cancelled.
    public func runInForeground() async throws(ProgramError) -> ProgramEnd {
        try await Watcher(name: path).runInForeground(self)
    }

    /// Runs the program to its end and hands over each line that it writes, to stdout or to stderr, as it comes.
    ///
    /// It is not stopped when the task is cancelled: what is run this way has to end by itself.
    public func run(_ line: @escaping @Sendable (String) -> Void) async throws(ProgramError) -> ProgramEnd {
        try await Watcher(name: path).run(self, line)
    }
}

/// How a program ended.
public enum ProgramEnd: Sendable, Equatable, CustomStringConvertible {
    /// By itself, with this code.
    case code(Int32)
    /// By this signal.
    case signal(Int32)

    /// Whether it ended with 0.
    public var isSuccess: Bool { self == .code(0) }

    /// `exit code 1`, `signal 9`.
    public var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let signal): "signal \(signal)"
        }
    }

    /// Takes the status of `waitpid` apart; the macros that do it in C are not imported.
    init(status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }
}

/// A program could not be started.
public struct ProgramError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program's path.
    public let path: String
    /// The system's number for what is wrong.
    public let errorNumber: Int32

    /// The path and the system's words.
    public var description: String {
        "\(path) cannot be started: \(unsafe String(cString: strerror(errorNumber)))"
    }
}

/// The thread on which we wait for a program.
private actor Watcher {
    private let loop: EventLoop

    init(name: String) {
        loop = EventLoop(name: String(name.split(separator: "/").last ?? "program"), stackBytes: 1 << 20)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    func run(_ program: Program, _ line: @Sendable (String) -> Void) throws(ProgramError) -> ProgramEnd {
        var start = Spawn()
        let reading = try start.pipeOutput(of: program)
        let process: ProcessID
        do {
            process = try start.run(program)
        } catch {
            close(reading)
            throw error
        }
        // The writing end is ours as well until it is closed; then the pipe ends when the program does.
        start.closePipe()
        var lines = LineSplitter()
        while let bytes = read(reading) {
            for text in lines.take(bytes) { line(text) }
        }
        if let rest = lines.rest { line(rest) }
        close(reading)
        return process.waitUntilEnded()
    }

    func runInForeground(_ program: Program) throws(ProgramError) -> ProgramEnd {
        var start = Spawn(sharesInput: true)
        return try start.run(program).waitUntilEnded()
    }

    private func read(_ descriptor: Int32) -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
            var got: Int
            repeat {
                got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while got < 0 && errno == EINTR
            count = max(0, got)
        }
        return bytes.isEmpty ? nil : bytes
    }
}

/// Cuts what arrives in pieces into lines.
struct LineSplitter {
    private var pending: [UInt8] = []

    /// The lines that are complete now.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: pending, as: UTF8.self))
                pending.removeAll(keepingCapacity: true)
            } else {
                pending.append(byte)
            }
        }
        return lines
    }

    /// What came after the last line break.
    var rest: String? {
        pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
    }
}
