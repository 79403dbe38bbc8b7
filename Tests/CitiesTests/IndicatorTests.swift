import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import cities

/// What is set, what is a repeat, and what is refused.
@Suite struct IndicatorTests {
    private let city = UUID()
    private let now = Date(timeIntervalSinceReferenceDate: 800_000_000)

    private func command(
        _ value: String, _ status: IndicatorStatus = .provisional, expecting version: Int64? = nil,
        reason: String? = nil
    ) throws -> SetIndicator {
        SetIndicator(cityId: city, values: [try sampleValue(value, status, expecting: version)], reason: reason)
    }

    private func versions(_ decision: IndicatorRevisions.Decision) -> [Int64]? {
        if case .set(let revisions, _) = decision { revisions.map(\.version) } else { nil }
    }

    @Test func aValueIsRevisedAndARepeatIsNot() throws {
        var indicators = IndicatorRevisions(cities: [city], present: [])
        #expect(versions(indicators.set(try command("10"), by: "editor", at: now)) == [1])
        #expect(indicators.set(try command("10"), by: "other", at: now) == .set([], unchanged: 1))
        #expect(versions(indicators.set(try command("10.0"), by: "editor", at: now)) == [2], "it is more precise now")
        #expect(indicators.revisions.map(\.figure.value.rawValue) == ["10", "10.0"])
        #expect(indicators.changes.map(\.version) == [2])
        #expect(indicators.changes[0].setBy == "editor" && indicators.changes[0].event.sequence == 2)
    }

    @Test func aFinalValueNeedsAReason() throws {
        var indicators = IndicatorRevisions(cities: [city], present: [])
        _ = indicators.set(try command("10", .final), by: nil, at: now)
        for changed in [try command("11", .final), try command("10", .provisional)] {
            #expect(indicators.set(changed, by: nil, at: now) == .refused(.reasonMissing(["values[0]"])))
        }
        #expect(indicators.set(try command("10", .final), by: nil, at: now) == .set([], unchanged: 1))
        let revised = indicators.set(try command("11", .final, reason: "census"), by: nil, at: now)
        #expect(versions(revised) == [2])
        #expect(indicators.revisions.last?.reason == "census")
    }

    @Test func anotherVersionIsRefusedUnlessItIsARepeat() throws {
        var indicators = IndicatorRevisions(cities: [city], present: [])
        let differs = IndicatorRefusalReason.versionDiffers(["values[0].expectedVersion": 0])
        #expect(indicators.set(try command("10", expecting: 1), by: nil, at: now) == .refused(differs))
        #expect(versions(indicators.set(try command("10", expecting: 0), by: nil, at: now)) == [1])
        #expect(indicators.set(try command("10", expecting: 0), by: nil, at: now) == .set([], unchanged: 1))
        let late = indicators.set(try command("11", expecting: 0), by: nil, at: now)
        #expect(late == .refused(.versionDiffers(["values[0].expectedVersion": 1])))
        guard case .refused(let reason) = late else { return }
        #expect(reason.problem.code == "version-differs")
        #expect(reason.problem.fields == ["values[0].expectedVersion": "1"])
    }

    @Test func aCommandIsDoneWholeOrNotAtAll() throws {
        let other = SetIndicator(
            cityId: city,
            values: [try sampleValue("1", indicator: "shops-open"), try sampleValue("2", expecting: 7)])
        var indicators = IndicatorRevisions(cities: [city], present: [])
        #expect(
            indicators.set(other, by: nil, at: now)
                == .refused(.versionDiffers(["values[1].expectedVersion": 0])))
        #expect(indicators.revisions.isEmpty && indicators.changes.isEmpty)
        let elsewhere = SetIndicator(cityId: UUID(), values: other.values)
        #expect(indicators.set(elsewhere, by: nil, at: now) == .refused(.cityUnknown))
    }

    /// Any history of commands against the plainest model there is: a list of figures for each value.
    @Test(arguments: 0..<200)
    func everyVersionIsKeptInOrder(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var model: [IndicatorKey: [IndicatorFigure]] = [:]
        var batch = IndicatorRevisions(cities: [city], present: [])
        var kept: [IndicatorRevision] = []
        for _ in 0..<60 {
            if Int.random(in: 0..<5, using: &generator) == 0 {
                // The batch is written, and the next one reads what was.
                kept += batch.revisions
                let last = Dictionary(kept.map { ($0.key, $0) }) { _, last in last }
                #expect(batch.changes.allSatisfy { last[$0.key] == $0 })
                batch = IndicatorRevisions(
                    cities: [city],
                    present: last.values.map { PresentIndicator(key: $0.key, version: $0.version, figure: $0.figure) })
            }
            let command = try randomCommand(&generator)
            let decision = batch.set(command, by: nil, at: now)
            let changing = command.values.filter { model[$0.key(in: city)]?.last != $0.figure }
            let isRefused = changing.contains { value in
                let history = model[value.key(in: city)] ?? []
                let expected = value.expectedVersion ?? Int64(history.count)
                return expected != history.count || (history.last?.status == .final && command.reason == nil)
            }
            if isRefused {
                guard case .refused = decision else { throw NotRefused() }
            } else {
                for value in changing { model[value.key(in: city), default: []].append(value.figure) }
                #expect(versions(decision) == changing.map { Int64(model[$0.key(in: city)]?.count ?? 0) })
            }
        }
        kept += batch.revisions
        for (key, figures) in model {
            let revisions = kept.filter { $0.key == key }
            #expect(revisions.map(\.figure) == figures)
            #expect(revisions.map(\.version) == figures.indices.map { Int64($0 + 1) })
        }
    }

    private struct NotRefused: Error {}

    private func randomCommand(_ generator: inout SeededGenerator) throws -> SetIndicator {
        let indicators = ["shops-open", "population", "vacancy-rate"].shuffled(using: &generator)
        let values = try indicators.prefix(Int.random(in: 1...3, using: &generator)).map { indicator in
            try sampleValue(
                String(Int.random(in: 1...2, using: &generator)),
                Bool.random(using: &generator) ? .final : .provisional,
                indicator: indicator,
                expecting: Bool.random(using: &generator) ? nil : Int64.random(in: 0...4, using: &generator))
        }
        return SetIndicator(
            cityId: city, values: values, reason: Bool.random(using: &generator) ? "corrected" : nil)
    }
}
