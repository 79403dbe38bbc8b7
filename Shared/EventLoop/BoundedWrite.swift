internal import Glibc

/// Writes to a descriptor whose reader may have stopped reading.
///
/// It stands here because `poll` and `write` take pointers: the modules above have no unsafe code.
public enum BoundedWrite {
    /// A pipe that `poll` calls writable takes this many bytes without blocking; so much is also never torn apart by
    /// another process's writes.
    private static let pieceBytes = 4_096

    /// Writes the bytes: in one piece up to 4 KiB, in several beyond.
    ///
    /// - Parameter waitMilliseconds: How long each piece waits for room.
    /// - Returns: How many bytes the descriptor took; fewer than all if there was no room in time, if it is closed, or if
    ///   the disk is full.
    public static func write(_ bytes: [UInt8], to descriptor: Int32, waitMilliseconds: Int32) -> Int {
        var start = 0
        while start < bytes.count {
            guard isWritable(descriptor, waitMilliseconds: waitMilliseconds) else { break }
            let end = min(start + pieceBytes, bytes.count)
            let written = unsafe bytes[start..<end].withUnsafeBytes { piece in
                unsafe Glibc.write(descriptor, piece.baseAddress, piece.count)
            }
            if written < 0 && errno != EINTR { break }
            start += max(written, 0)
        }
        return start
    }

    private static func isWritable(_ descriptor: Int32, waitMilliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var ready: Int32
        repeat {
            ready = unsafe poll(&entry, 1, waitMilliseconds)
        } while ready < 0 && errno == EINTR
        return ready > 0 && entry.revents & Int16(POLLOUT) != 0
    }
}
