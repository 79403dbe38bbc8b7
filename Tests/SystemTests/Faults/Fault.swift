import Contracts
import TestKit

/// One thing that goes wrong.
indirect enum Fault: Sendable, CustomStringConvertible {
    /// `kill -9`, and a new process after the pause.
    case kill(instance: Int, pauseMilliseconds: Int)
    /// SIGSTOP for a while.
    case freeze(instance: Int, milliseconds: Int)
    /// SIGSTOP in the middle of a transaction, with its locks held; then `kill -9`, or SIGCONT after a while.
    case catchInTransaction(instance: Int, milliseconds: Int?)
    /// SIGTERM, and a new process.
    case stop(instance: Int)
    /// A server ends in good order and comes back.
    case restart(PrivateServers.Kind)
    /// A server is killed and comes back.
    case crash(PrivateServers.Kind)
    /// The broker's administrator closes connections of services.
    case closeConnections(share: Int)
    /// What stands between an instance and the broker forwards nothing any more.
    case cutSilently
    /// The database's administrator ends sessions.
    case endSessions(count: Int)
    /// The copy of merchants is gone.
    case wipeMerchants
    /// Two at the same time.
    case together(Fault, Fault)

    var description: String {
        switch self {
        case .kill(let instance, let pause): "kill -9 instance \(instance), start after \(pause) ms"
        case .freeze(let instance, let time): "SIGSTOP instance \(instance) for \(time) ms"
        case .catchInTransaction(let instance, nil): "kill -9 instance \(instance) in a transaction, start"
        case .catchInTransaction(let instance, let time?):
            "SIGSTOP instance \(instance) in a transaction for \(time) ms"
        case .stop(let instance): "SIGTERM instance \(instance), start"
        case .restart(let server): "restart the \(server)"
        case .crash(let server): "kill -9 the \(server), start"
        case .closeConnections(let share): "close \(share) % of the connections"
        case .cutSilently: "cut connections silently"
        case .endSessions(let count): "end \(count) database sessions"
        case .wipeMerchants: "wipe the copy of merchants"
        case .together(let one, let other): "\(one), and \(other)"
        }
    }

    /// One of each kind that matters most, in a random order, with random details.
    static func short(_ generator: inout SeededGenerator) -> [Fault] {
        let servers: [Fault] =
            Bool.random(using: &generator)
            ? [.crash(.broker), .restart(.database)] : [.restart(.broker), .crash(.database)]
        let rest: [Fault] = [
            .catchInTransaction(instance: Int.random(in: 0..<2, using: &generator), milliseconds: nil),
            .catchInTransaction(
                instance: Int.random(in: 0..<2, using: &generator),
                milliseconds: Int.random(in: 3_000...12_000, using: &generator)),
            .cutSilently, .closeConnections(share: Int.random(in: 30...100, using: &generator)),
            .endSessions(count: Int.random(in: 1...8, using: &generator)), .wipeMerchants,
        ]
        return (servers + rest).shuffled(using: &generator)
    }

    /// So many of all kinds.
    static func long(_ count: Int, _ generator: inout SeededGenerator) -> [Fault] {
        (0..<count).map { _ in
            guard Int.random(in: 0..<8, using: &generator) == 0 else { return any(&generator) }
            let server = PrivateServers.Kind.allCases[Int.random(in: 0..<2, using: &generator)]
            // No process starts while a server is away: a service that finds none at its start ends, and says so.
            let other: Fault =
                Bool.random(using: &generator)
                ? .freeze(instance: 0, milliseconds: Int.random(in: 500...15_000, using: &generator)) : .cutSilently
            return .together(.crash(server), other)
        }
    }

    private static func any(_ generator: inout SeededGenerator) -> Fault {
        let instance = Int.random(in: 0..<FaultRun.instanceCount, using: &generator)
        let server = PrivateServers.Kind.allCases[Int.random(in: 0..<2, using: &generator)]
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<12: return .kill(instance: instance, pauseMilliseconds: Int.random(in: 0...2_000, using: &generator))
        case ..<20: return .catchInTransaction(instance: instance % 2, milliseconds: nil)
        case ..<28: return .freeze(instance: instance, milliseconds: Int.random(in: 500...15_000, using: &generator))
        case ..<38:
            let time = Int.random(in: 500...15_000, using: &generator)
            return .catchInTransaction(instance: instance % 2, milliseconds: time)
        case ..<44: return .stop(instance: instance)
        case ..<50: return .restart(server)
        case ..<58: return .crash(server)
        case ..<70: return .closeConnections(share: Int.random(in: 10...100, using: &generator))
        case ..<78: return .cutSilently
        case ..<92: return .endSessions(count: Int.random(in: 1...10, using: &generator))
        default: return .wipeMerchants
        }
    }
}
