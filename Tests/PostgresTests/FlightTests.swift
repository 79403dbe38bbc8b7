import FoundationEssentials
import Postgres
import TestKit
import Testing

@Suite("Flights")
struct FlightTests {
    @Test("Each statement of a flight gets its own rows, in order")
    func rows() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let (_, ids, text) = try await connection.execute(
                    InsertItems([3, 1, 2]), ReadItems(), Echo("three"))
                #expect(ids == [1, 2, 3])
                #expect(text == ["three"])
            }
        }
    }

    @Test("A flight whose statements are known only at run time")
    func dynamic() async throws {
        try await withConnection { connection in
            var flight = Flight()
            let tickets = (0..<50).map { flight.add(Echo($0)) }
            let results = try await connection.run(flight)
            for (number, ticket) in tickets.enumerated() {
                #expect(try results.rows(of: ticket) == [number])
                #expect(try results.affected(by: ticket) == 1)
            }
            var longer = flight
            let beyond = longer.add(Echo(0))
            #expect(throws: PostgresError.self) { try results.rows(of: beyond) }
        }
    }

    @Test("An error in the middle undoes the flight, names its statement, and harms no other flight")
    func errorInTheMiddle() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                async let before: Void = { _ = try await connection.execute(InsertItems([1])) }()
                async let failed = failure {
                    try await connection.execute(InsertItems([2]), Divide(divisor: 0), InsertItems([3]), ReadItems())
                }
                async let after: Void = { _ = try await connection.execute(InsertItems([4])) }()
                try await before
                try await after
                let error = try await failed
                #expect(error.sqlState == "22012")
                #expect(error.statement == "Divide")
                #expect(!error.isConnectionTrouble && !error.isSerialization)
                #expect(try await connection.execute(ReadItems()) == [1, 4])
            }
        }
    }

    @Test("Halving a batch finds the one that cannot be stored, and stores the others")
    func bisection() async throws {
        func store(_ ids: ArraySlice<Int>, on connection: Connection) async throws -> [Int] {
            do {
                try await connection.withTransaction { transaction in
                    _ = try await transaction.execute(ReadItems())
                    transaction.write(InsertItems(Array(ids), names: ids.map { $0 == 37 ? "forbidden" : "item \($0)" }))
                }
                return []
            } catch let error as PostgresError where error.sqlState == "23514" {
                guard ids.count > 1 else { return Array(ids) }
                let middle = ids.startIndex + ids.count / 2
                let left = try await store(ids[..<middle], on: connection)
                return try await left + store(ids[middle...], on: connection)
            }
        }
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let refused = try await store(Array(1...64)[...], on: connection)
                let stored = try await connection.execute(ReadItems())
                #expect(refused == [37])
                #expect(stored == (1...64).filter { $0 != 37 })
            }
        }
    }

    @Test("Many callers on one connection each get their own answer")
    func manyCallers() async throws {
        try await withConnection { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let (numbers, texts) = try await connection.execute(Echo(number), Echo("\(number)"))
                        #expect(numbers == [number])
                        #expect(texts == ["\(number)"])
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Parameters and results that are both larger than the sockets' buffers do not block each other")
    func largeBothWays() async throws {
        try await withConnection { connection in
            // 8 statements of 4 MB out and 4 MB back: the server stops reading until its answers are read.
            let block = [UInt8](repeating: 0xA5, count: 4 << 20)
            var flight = Flight()
            let tickets = (0..<8).map { _ in flight.add(Echo(block)) }
            let results = try await connection.run(flight)
            for ticket in tickets { #expect(try results.rows(of: ticket) == [block]) }
        }
    }

    @Test("A result that does not have the columns which the row reads is refused with a clear word")
    func mismatch() async throws {
        struct WrongType: Statement {
            static let sql = "SELECT 1 AS amount"

            static func row(_ columns: inout Columns) throws -> Int {
                try columns.next()
            }
        }
        struct TooFew: Statement {
            static let sql = "SELECT 1::bigint"

            static func row(_ columns: inout Columns) throws -> (Int, Int) {
                (try columns.next(), try columns.next())
            }
        }
        struct TooMany: Statement {
            static let sql = "SELECT 1::bigint, 2::bigint"

            static func row(_ columns: inout Columns) throws -> Int {
                try columns.next()
            }
        }
        try await withConnection { connection in
            let type = try await failure { try await connection.execute(WrongType()) }
            #expect(
                type.description
                    == "unreadable result in WrongType: column 1 (amount) is integer, the row reads bigint")
            #expect(try await failure { try await connection.execute(TooFew()) }.code == .decoding)
            #expect(try await failure { try await connection.execute(TooMany()) }.code == .decoding)
            #expect(try await connection.execute(Echo(1)) == [1])
        }
    }
}

@Suite("Prepared statements")
struct PreparationTests {
    struct CountLater: Statement {
        static let sql = "SELECT count(*) FROM later"

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    struct ReadPrepared: Statement {
        static let sql = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1%'"

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    @Test("A statement that could not be prepared is prepared again the next time")
    func failedPreparation() async throws {
        try await withScratchDatabase { address in
            try await withConnection(to: address) { connection in
                let error = try await failure { try await connection.execute(CountLater()) }
                #expect(error.sqlState == "42P01")
                #expect(error.statement == "CountLater")
                try await connection.runScript("CREATE TABLE later (id bigint)")
                #expect(try await connection.execute(CountLater()) == [0])
            }
        }
    }

    @Test("A preparation that was aborted by an earlier error is not believed in, not even by a flight behind it")
    func abortedPreparation() async throws {
        try await withConnection { connection in
            async let failed = failure { try await connection.execute(Divide(divisor: 0), Echo("first")) }
            async let behind = connection.execute(Echo("second"))
            let (error, text) = try await (failed, behind)
            #expect(error.sqlState == "22012")
            #expect(text == ["second"])
            #expect(try await connection.execute(Echo("third")) == ["third"])
        }
    }

    @Test("A statement is prepared once, however often it is executed")
    func once() async throws {
        try await withConnection { connection in
            for number in 0..<10 { _ = try await connection.execute(Echo(number)) }
            let (first, second) = try await connection.execute(Echo(1), Echo(2))
            #expect(first == [1] && second == [2])
            #expect(try await connection.execute(ReadPrepared()) == [1])
        }
    }

    @Test("A statement whose plan has become impossible recovers")
    func changedTable() async throws {
        struct ReadNames: Statement {
            static let sql = "SELECT name FROM item"

            static func row(_ columns: inout Columns) throws -> String {
                try columns.next()
            }
        }
        try await withItems { address in
            try await withConnection(to: address) { connection in
                _ = try await connection.execute(InsertItems([1]))
                #expect(try await connection.execute(ReadNames()) == ["item 1"])
                try await connection.runScript("ALTER TABLE item ALTER name TYPE varchar(40)")
                let error = try await failure { try await connection.execute(ReadNames()) }
                #expect(error.sqlState == "0A000")
                #expect(try await connection.execute(ReadNames()) == ["item 1"])
                try await connection.runScript("DEALLOCATE ALL")
                #expect(try await failure { try await connection.execute(ReadNames()) }.sqlState == "26000")
                #expect(try await connection.execute(ReadNames()) == ["item 1"])
            }
        }
    }

    @Test("Parameters that change their types are refused before anything is sent")
    func changedParameters() async throws {
        struct Moody: Statement {
            static let sql = "SELECT $1"
            let isText: Bool

            func bind(_ parameters: inout Parameters) {
                if isText { parameters.add("1") } else { parameters.add(1) }
            }
        }
        try await withConnection { connection in
            _ = try await connection.execute(Moody(isText: true))
            let error = try await failure { try await connection.execute(Echo(1), Moody(isText: false)) }
            #expect(error.code == .misuse)
            #expect(try await connection.execute(Echo(1)) == [1])
        }
    }
}
