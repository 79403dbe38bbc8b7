import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// When a copy has everything that was said again.
@Suite struct CopyExtentTests {
    private func extent(_ versions: some Sequence<Int64>) -> CopyExtent {
        versions.reduce(into: CopyExtent()) { $0.add(version: $1) }
    }

    private func closing(_ said: CopyExtent) -> Republished {
        Republished(requestId: UUID(), kind: .grants, count: said.count, versions: said.versions)
    }

    @Test func whileNothingChangesNoneButTheWholeIsComplete() {
        var generator = SeededGenerator(seed: 47)
        for _ in 0..<2_000 {
            let said = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                Int64.random(in: 1...3, using: &generator)
            }
            // 0 is a thing that is not there yet.
            let arrived = said.map { Int64.random(in: 0...$0, using: &generator) }
            let copy = extent(arrived.filter { $0 > 0 })
            #expect(copy.covers(closing(extent(said))) == (arrived == said), "\(arrived) of \(said)")
        }
    }

    @Test func whoIsAheadIsComplete() {
        var generator = SeededGenerator(seed: 48)
        for _ in 0..<2_000 {
            let said = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                Int64.random(in: 1...3, using: &generator)
            }
            let changed = said.map { $0 + Int64.random(in: 0...2, using: &generator) }
            let new = (0..<Int.random(in: 0...2, using: &generator)).map { _ in Int64(1) }
            #expect(extent(changed + new).covers(closing(extent(said))))
        }
    }

    @Test func noVersionIsTooLarge() {
        let most = extent([.max, .max, 1])
        #expect(most == CopyExtent(count: 3, versions: .max))
        #expect(most.covers(closing(most)))
    }
}
