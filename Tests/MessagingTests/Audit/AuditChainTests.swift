import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// The chain and its check, without a database.
@Suite struct AuditChainTests {
    @Test func aChainThatNobodyTouchedIsWhole() throws {
        var generator = SeededGenerator()
        for length in 0..<60 {
            let entries = chain(length, using: &generator)
            var check = AuditCheck(of: .cities)
            for entry in entries { try check.take(entry) }
            #expect(check.head.length == Int64(length))
            try check.finish(check.head)
        }
    }

    @Test func everyChangeOfARowIsFoundAtThatRow() throws {
        var generator = SeededGenerator()
        for _ in 0..<200 {
            var entries = chain(Int.random(in: 1...20, using: &generator), using: &generator)
            let index = Int.random(in: entries.indices, using: &generator)
            let before = entries[index]
            change(&entries[index], using: &generator)
            if entries[index] == before { continue }
            #expect(fault(entries)?.place == before.place)
        }
    }

    @Test func rowsThatWereTakenAwaySwappedOrDoubledAreFound() throws {
        var generator = SeededGenerator()
        for _ in 0..<100 {
            let entries = chain(Int.random(in: 3...20, using: &generator), using: &generator)
            let index = Int.random(in: 0..<entries.count - 1, using: &generator)
            let place = entries[index].place
            var without = entries
            without.remove(at: index)
            #expect(fault(without)?.place == place)
            var swapped = entries
            swapped.swapAt(index, index + 1)
            #expect(fault(swapped)?.place == place)
            // With their places changed as well, as somebody would who knows how it is made.
            swapped[index].place = place
            swapped[index + 1].place = place + 1
            #expect(fault(swapped)?.place == place)
            var doubled = entries
            doubled.insert(entries[index], at: index + 1)
            #expect(fault(doubled)?.place == place + 1)
        }
    }

    @Test func aTailThatWasCutIsFoundByWhoeverKnewIt() throws {
        var generator = SeededGenerator()
        let entries = chain(10, using: &generator)
        let known = AuditHead(length: 10, hash: entries[9].hash)
        // The service still says where its chain ended.
        #expect(fault(Array(entries.prefix(7)), head: known)?.place == 8)
        // Its word was changed as well, but somebody has kept an earlier one.
        let cut = AuditHead(length: 7, hash: entries[6].hash)
        #expect(fault(Array(entries.prefix(7)), head: cut) == nil)
        #expect(fault(Array(entries.prefix(7)), head: cut, known: [known])?.place == 8)
        // And the chain was written anew from there.
        var chain = AuditChain(of: .cities, behind: cut)
        var forged = Array(entries.prefix(7))
        for _ in 8...12 {
            var entry = self.entry(using: &generator)
            entry.hash = chain.append(entry)
            entry.place = chain.length
            forged.append(entry)
        }
        #expect(fault(forged, head: chain.head) == nil)
        #expect(fault(forged, head: chain.head, known: [known])?.place == 10)
    }

    @Test func theChainOfAnotherServiceIsNoneOfOurs() throws {
        var generator = SeededGenerator()
        var check = AuditCheck(of: .vouchers)
        let first = chain(1, using: &generator)[0]
        #expect(throws: AuditCheck.Fault.self) { try check.take(first) }
    }

    @Test func erasingThePersonalPartKeepsTheChainWhole() throws {
        var generator = SeededGenerator()
        let entries = chain(20, using: &generator).map { entry in
            var entry = entry
            if Bool.random(using: &generator) { entry.person = nil }
            return entry
        }
        #expect(fault(entries) == nil)
    }

    @Test func rowsThatDifferOnlyInWhereAFieldEndsHaveDifferentHashes() throws {
        var generator = SeededGenerator()
        var one = entry(using: &generator)
        var other = one
        (one.causeType, one.causeId) = ("ab", "c")
        (other.causeType, other.causeId) = ("a", "bc")
        var (first, second) = (AuditChain(of: .cities), AuditChain(of: .cities))
        #expect(first.append(one) != second.append(other))
        (one.causeType, other.causeType) = ("", nil)
        (one.causeId, other.causeId) = ("", "")
        (first, second) = (AuditChain(of: .cities), AuditChain(of: .cities))
        #expect(first.append(one) != second.append(other))
    }

    // MARK: Rows

    private func fault(_ entries: [AuditEntry], head: AuditHead? = nil, known: [AuditHead] = []) -> AuditCheck.Fault? {
        var check = AuditCheck(of: .cities, passing: known)
        do {
            for entry in entries { try check.take(entry) }
            try check.finish(head ?? check.head)
            return nil
        } catch {
            return error
        }
    }

    private func chain(_ length: Int, using generator: inout SeededGenerator) -> [AuditEntry] {
        var chain = AuditChain(of: .cities)
        return (0..<length).map { _ in
            var entry = entry(using: &generator)
            entry.hash = chain.append(entry)
            entry.place = chain.length
            return entry
        }
    }

    private func entry(using generator: inout SeededGenerator) -> AuditEntry {
        func text(_ generator: inout SeededGenerator) -> String {
            String(Int.random(in: 0...999, using: &generator), radix: 36)
        }
        let person = AuditPerson(
            salt: text(&generator), actor: text(&generator), reason: Bool.random(using: &generator) ? "why" : nil,
            personId: nil)
        return AuditEntry(
            place: 0, eventId: UUID(), eventType: text(&generator), auditedId: UUID(),
            version: Bool.random(using: &generator) ? Int64.random(in: 0...9, using: &generator) : nil,
            at: Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &generator)),
            causeType: Bool.random(using: &generator) ? text(&generator) : nil,
            causeId: Bool.random(using: &generator) ? text(&generator) : nil,
            bodyHash: AuditHash(of: Array(text(&generator).utf8)), personHash: person.hash, person: person,
            hash: AuditHash(of: []))
    }

    private func change(_ entry: inout AuditEntry, using generator: inout SeededGenerator) {
        switch Int.random(in: 0...11, using: &generator) {
        case 0: entry.eventId = UUID()
        case 1: entry.eventType += "x"
        case 2: entry.auditedId = UUID()
        case 3: entry.version = (entry.version ?? 0) + 1
        case 4: entry.at = Timestamp(milliseconds: entry.at.milliseconds + 1)
        case 5: entry.causeType = entry.causeType == nil ? "" : nil
        case 6: entry.causeId = (entry.causeId ?? "") + "x"
        case 7: entry.bodyHash = entry.hash
        case 8: entry.personHash = entry.hash
        case 9: entry.person?.actor = "somebody else"
        case 10: entry.person?.reason = "another"
        default: entry.hash = entry.bodyHash
        }
    }
}
