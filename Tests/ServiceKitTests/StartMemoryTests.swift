import Messaging
import Testing

@testable import ServiceKit

@Suite("Start memory")
struct StartMemoryTests {
    @Test("what is given back is no longer resident, and what is executed again is there again")
    func givesBack() throws {
        let before = try #require(ProcessMetrics.read().residentBytes)
        StartMemory.giveBack()
        let after = try #require(ProcessMetrics.read().residentBytes)
        // The test runner alone has more code than that in use.
        #expect(after < before - 1 << 20)
        #expect(ProcessMetrics.read().threads != nil)
    }
}
