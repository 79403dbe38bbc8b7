import TestKit
import Testing

@testable import vouchers

/// Thousands of random commands of every kind, in random batches, against a model that a child could check: purses of free
/// and held money, and a table of first answers.
@Suite struct HistoryTests {
    /// What can happen, and how often; another command is one line here, and an extension of ``World`` that does it.
    static let acts: [(weight: Int, act: @Sendable (inout World) throws -> Void)] = [
        (3, { try $0.issueSome() }),
        (6, { try $0.redeemSome() }),
        (5, { try $0.holdSome() }),
        (6, { try $0.captureSome() }),
        (2, { try $0.releaseSome() }),
        (2, { try $0.expireSomeHolds(max: 3) }),
        (4, { try $0.reverseSome() }),
        (1, { $0.stopOrResumeOne() }),
    ]

    /// 500 histories of 24 batches; in a debug build the hashing alone is most of their time.
    @Test(arguments: 0..<25)
    func everyHistoryKeepsTheInvariants(block: UInt64) throws {
        let bag = Self.acts.flatMap { Array(repeating: $0.act, count: $0.weight) }
        var done: Set<LedgerEntry.Cause.Kind> = []
        for seed in block * 20..<(block + 1) * 20 {
            var world = try World(seed: seed)
            try world.issueSome()
            for step in 0..<24 {
                // The key is rotated in the middle; the older stays live.
                if step == 12 { try world.rotateKeys() }
                try bag.randomElement(using: &world.generator)?(&world)
                world.pass(seconds: Int64.random(in: 0...20, using: &world.generator))
            }
            world.check()
            world.pass(seconds: Int64(World.timeToLiveSecondsMax))
            try world.expireSomeHolds(max: .max)
            world.check()
            world.hold(world.model.purses.values.allSatisfy { $0.held == 0 }, "something is held for ever")
            done.formUnion(world.rows.journal.map(\.cause.kind))
        }
        let all: Set<LedgerEntry.Cause.Kind> = [.issue, .redemption, .hold, .capture, .release, .reversal]
        #expect(all.isSubset(of: done), "something never happens")
    }
}
