import AMQP
import Contracts
import Foundation
import ManagementAPI
import Postgres
import TestKit

/// A system under load on which faults are let loose.
final class FaultRun: Sendable {
    /// Two of vouchers, the second behind the proxy, and one of cities.
    static let instanceCount = 3

    let system: System
    let proxy: TCPProxy
    let instances: [ServiceProcess]
    private let merchants: Int

    init(_ system: System, merchants: Int) throws {
        self.system = system
        self.merchants = merchants
        proxy = try TCPProxy(to: system.administrator.port)
        instances = [
            try ServiceProcess(.vouchers, number: 1, of: system),
            try ServiceProcess(.vouchers, number: 2, of: system, brokerPort: proxy.port),
            try ServiceProcess(.cities, number: 1, of: system),
        ]
    }

    /// Starts every instance and waits until all are ready.
    func start() async throws {
        for instance in instances { try instance.start() }
        for instance in instances { try await instance.waitUntilReady() }
    }

    /// Ends every instance, however.
    func abandon() async {
        for instance in instances { try? await instance.kill() }
    }

    /// Lets a fault happen, and returns when what it stopped has been started again; nobody waits for the recovery.
    ///
    /// - Returns: The time in which merchants were unknown, if the fault was that.
    func commit(_ fault: Fault) async throws -> ClosedRange<Date>? {
        switch fault {
        case .kill(let number, let pause):
            try await instances[number].kill()
            try await Task.sleep(for: .milliseconds(pause))
            try instances[number].start()
        case .freeze(let number, let milliseconds):
            try await instances[number].freeze(for: .milliseconds(milliseconds))
        case .catchInTransaction(let number, let milliseconds):
            try await catchInTransaction(instances[number])
            if let milliseconds {
                try await Task.sleep(for: .milliseconds(milliseconds))
                instances[number].thaw()
            } else {
                try await instances[number].kill()
                try instances[number].start()
            }
        case .stop(let number):
            let (status, duration) = try await instances[number].stop()
            guard status == 0 || status == 1 else {
                throw ServiceProcess.EndedByItself(
                    description: "\(instances[number].label) ended with \(status) after \(duration) on SIGTERM")
            }
            try instances[number].start()
        case .restart(let server): try await system.servers.restart(server)
        case .crash(let server):
            try await system.servers.kill(server)
            try await system.servers.start(server)
        case .closeConnections(let share): try await closeConnections(share)
        case .cutSilently: proxy.silence()
        case .endSessions(let count):
            try await onDatabase { _ = try await $0.execute(TerminateSessions(count: Int64(count))) }
        case .wipeMerchants: return try await wipeMerchants()
        case .together(let one, let other):
            async let first = commit(one)
            let second = try await commit(other)
            return try await first ?? second
        }
        return nil
    }

    /// Freezes an instance again and again, until one of its transactions stands still with its locks held.
    private func catchInTransaction(_ instance: ServiceProcess) async throws {
        try await onDatabase { connection in
            try await eventually(within: .seconds(60), "\(instance.label) in the middle of a transaction") {
                instance.freeze()
                let before = try await connection.execute(AuditTransactions())
                // What the other instance does moves on meanwhile.
                try await Task.sleep(for: .milliseconds(150))
                let after = try await connection.execute(AuditTransactions())
                if !Set(before).isDisjoint(with: after) { return true }
                instance.thaw()
                return false
            }
        }
    }

    private func closeConnections(_ share: Int) async throws {
        let management = system.servers.management
        for connection in try await management.connections(in: system.name)
        where Int.random(in: 0..<100) < share && connection.clientName?.hasPrefix("event log") != true {
            try? await management.closeConnection(connection.name)
        }
    }

    private func wipeMerchants() async throws -> ClosedRange<Date> {
        let start = Date()
        try await onDatabase {
            try await $0.runScript("DELETE FROM merchant; UPDATE copy SET completed_at = NULL WHERE name = 'merchants'")
        }
        try await eventually(within: .seconds(120), "the copy of merchants to be complete again") {
            let copy = try? await onDatabase { try await $0.execute(AuditCopy()).first }
            return copy?.isComplete == true && copy?.merchants == Int64(merchants)
        }
        // The tills' and the database's clock are one; events say their time in whole seconds.
        return start.addingTimeInterval(-2)...Date().addingTimeInterval(2)
    }

    /// Puts the last day of vouchers into the past, and waits until the service has noted that it is over.
    func age(_ vouchers: [UUID]) async throws {
        let ids = vouchers.map { "'\($0.uuidString)'" }.joined(separator: ", ")
        try await onDatabase {
            try await $0.runScript(
                "UPDATE voucher SET valid_until = (now() AT TIME ZONE 'UTC')::date - 1 WHERE voucher_id IN (\(ids))")
        }
        try await eventually(within: .seconds(60), "the end of \(vouchers.count) vouchers") {
            try await onDatabase { connection in
                let found = try await connection.execute(AuditDeskVouchers())
                return found.filter { $0.voucher.status == "expired" }.count == vouchers.count
            }
        }
    }

    /// Runs statements on the database of vouchers, as its server's administrator.
    func onDatabase<Value: Sendable>(_ body: (Connection) async throws -> Value) async throws -> Value {
        let connection = try await Connection.connect(
            to: system.database(.vouchers), name: "faults", limits: .migrating)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
