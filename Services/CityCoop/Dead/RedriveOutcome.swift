import Contracts
import Synchronization

/// What became of the messages of a redrive in one service.
struct RedriveOutcome: Sendable {
    private let progress: RedriveProgress
    /// Messages that were erased, or redriven by somebody else, meanwhile.
    private let gone: Int

    /// - Parameter count: How many there were.
    init(_ progress: RedriveProgress, of count: Int) {
        self.progress = progress
        gone = max(0, count - progress.waiting - progress.done - progress.failed - progress.discarded)
    }

    /// Whether all have succeeded.
    var isFine: Bool { progress.waiting + progress.failed + progress.discarded + gone == 0 }

    /// For people.
    var text: String {
        let rest = [
            (progress.waiting, "not tried"), (progress.discarded, "discarded meanwhile"),
            (gone, "erased or redriven by somebody else"),
        ]
        let parts =
            ["\(progress.done) succeeded", "\(progress.failed) failed again"]
            + rest.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.joined(separator: ", ")
    }
}

/// How far a redrive has got in all services, for who waits.
final class RedriveStatus: Sendable {
    private let progress = Mutex<[ServiceName: RedriveProgress]>([:])

    /// Notes what a service said.
    func note(_ now: RedriveProgress, of service: ServiceName) {
        progress.withLock { $0[service] = now }
    }

    /// In one line.
    var text: String {
        let all = progress.withLock { Array($0.values) }
        func sum(_ part: KeyPath<RedriveProgress, Int>) -> Int { all.reduce(0) { $0 + $1[keyPath: part] } }
        return "\(sum(\.waiting)) wait, \(sum(\.done)) succeeded, \(sum(\.failed)) failed again"
    }
}
