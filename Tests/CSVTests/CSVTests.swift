import TestKit
import Testing

@testable import CSV

/// CSV as RFC 4180 has it, and as people send it.
@Suite struct CSVTests {
    private func records(_ text: String) -> [CSVRecord] {
        var reader = CSVReader(Array(text.utf8))
        var records: [CSVRecord] = []
        while let record = reader.next() { records.append(record) }
        return records
    }

    @Test(arguments: [
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ("a;b,c;d\n", [["a", "b,c", "d"]]), ("\u{FEFF}a,b\n", [["a", "b"]]), ("a,,\n", [["a", "", ""]]),
        ("\"a,b\",\"c\"\"d\",\"e\r\nf\"\r\n", [["a,b", "c\"d", "e\r\nf"]]), ("\"\",x\n", [["", "x"]]),
        ("a\n\n\nb\n", [["a"], [], [], ["b"]]), (" a , \" b \" \n", [["a", " b "]]), ("", []),
        ("a\rb\r", [["a"], ["b"]]),
        ("č,ő,😀\n", [["č", "ő", "😀"]]), ("\"a\"", [["a"]]), ("   ", [[]]),
    ])
    func recordsAreRead(text: String, expected: [[String]]) {
        let records = records(text)
        #expect(records.map(\.fields) == expected)
        #expect(records.allSatisfy { $0.mistake == nil })
    }

    @Test func aBadLineTakesNoOtherWithIt() {
        let text = "a,b\r\n\"x\"y,1\r\nc,d\r\nfoo\"bar,2\r\n\"open,3\r\ne,f\r\n\"two\r\nlines\",g\r\nh,\"i\r\n"
        let records = records(text)
        #expect(records.map(\.line) == [1, 2, 3, 4, 5, 6, 7, 9])
        #expect(records.map { $0.mistake != nil } == [false, true, false, true, true, false, false, true])
        #expect(
            records.filter { $0.mistake == nil }.map(\.fields) == [
                ["a", "b"], ["c", "d"], ["e", "f"], ["two\r\nlines", "g"],
            ])
    }

    @Test func aRecordThatGrowsTooLongEndsWithItsLine() {
        let long = "\"" + String(repeating: "x", count: 100 << 10) + "\"\na\n"
        #expect(records(long).map(\.mistake) == [.length, nil])
        let lines = "\"" + String(repeating: "\n", count: 200) + "\"\na\n"
        #expect(records(lines).first?.mistake == .length && records(lines).last?.fields == ["a"])
    }

    @Test func whatIsWrittenIsReadAgain() {
        var generator = SeededGenerator()
        let letters = Array("ab,;\"\n\r\t čőß€😀'").map(String.init)
        for _ in 0..<2_000 {
            let rows = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                (0..<4).map { _ in
                    (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                        letters.randomElement(using: &generator) ?? ""
                    }.joined()
                } + ["end"]
            }
            let delimiter = Bool.random(using: &generator) ? UInt8(ascii: ";") : UInt8(ascii: ",")
            let text = rows.map { CSVWriter.line($0, delimiter: delimiter) }.joined()
            var reader = CSVReader(Array(text.utf8), delimiter: delimiter)
            var read: [[String]] = []
            while let record = reader.next() { read.append(record.fields) }
            #expect(read == rows)
        }
    }

    @Test func rubbishNeverTrapsAndIsCovered() {
        var generator = SeededGenerator()
        let letters = Array("a\"\",,;\n\r \t\u{0}é".utf8) + [0xFF, 0xC3]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? 0
            }
            var reader = CSVReader(bytes)
            var (end, line) = (0, 0)
            while let record = reader.next() {
                #expect(record.bytes.lowerBound == end && record.bytes.upperBound > end && record.line > line)
                #expect(record.mistake == nil || record.fields.isEmpty)
                (end, line) = (record.bytes.upperBound, record.line)
            }
            #expect(end == bytes.count)
        }
    }
}
