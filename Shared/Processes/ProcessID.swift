internal import FoundationEssentials
internal import Glibc

/// A process of this machine, by its number.
///
/// A number is used again when its process has ended, so whoever keeps one keeps ``startTicks`` with it.
public struct ProcessID: Sendable, Hashable, CustomStringConvertible {
    /// The number.
    public let number: Int32

    /// The process of that number, whether there is one or not.
    public init(number: Int32) {
        self.number = number
    }

    /// The number.
    public var description: String { "\(number)" }

    /// The path of what it runs; nil if there is no such process, or it has ended and nobody has asked how.
    ///
    /// Where the file was replaced meanwhile, the path is that of the old file.
    public var executable: String? {
        guard number > 0,
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/exe")
        else { return nil }
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    /// When it was started, in clock ticks since the machine was; nil if there is no such process.
    public var startTicks: UInt64? {
        guard number > 0, let data = try? Data(contentsOf: URL(filePath: "/proc/\(number)/stat")) else { return nil }
        // The name in parentheses may hold anything, parentheses included: the fields are counted from the last one.
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    /// This process.
    public static var current: ProcessID { ProcessID(number: getpid()) }

    /// Sends a signal; false if there is no such process, or it is not ours.
    @discardableResult
    public func send(_ signal: ProcessSignal) -> Bool {
        number > 1 && kill(number, signal.number) == 0
    }

    /// Collects the process if it is our child and has ended, so that nothing is left of it.
    public func collect() {
        var status: Int32 = 0
        if number > 1 { _ = unsafe waitpid(number, &status, WNOHANG) }
    }

    /// Blocks until our child has ended.
    func waitUntilEnded() -> ProgramEnd {
        var status: Int32 = 0
        while unsafe waitpid(number, &status, 0) < 0 {
            guard errno == EINTR else { return .code(-1) }
        }
        return ProgramEnd(status: status)
    }
}

/// A signal to a process.
public enum ProcessSignal: Sendable {
    /// SIGTERM: finish the work in hand and end.
    case terminate
    /// SIGKILL: end at once.
    case kill
    /// SIGSTOP: freeze.
    case stop
    /// SIGCONT: go on.
    case resume

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .kill: SIGKILL
        case .stop: SIGSTOP
        case .resume: SIGCONT
        }
    }
}
