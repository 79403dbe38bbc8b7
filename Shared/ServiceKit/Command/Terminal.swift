internal import EventLoop
internal import Glibc

/// Writes a command's answers for people.
enum Terminal {
    private static let waitMilliseconds: Int32 = 10_000

    static func writeOut(_ text: String) {
        _ = BoundedWrite.write(Array((text + "\n").utf8), to: STDOUT_FILENO, waitMilliseconds: waitMilliseconds)
    }

    static func writeError(_ text: String) {
        _ = BoundedWrite.write(Array((text + "\n").utf8), to: STDERR_FILENO, waitMilliseconds: waitMilliseconds)
    }
}
