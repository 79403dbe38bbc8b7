import Contracts
import Foundation
import Testing

/// What has become part of the executables.
struct ExecutableTests {
    /// Shared where the tests build it, linked in with its data where it is shipped; either costs every service 6 to 9 MB.
    static let traces = ["libFoundation.so", "icudt"]

    @Test("no executable needs the whole of Foundation", arguments: ServiceName.allCases.map(\.rawValue) + ["citycoop"])
    func foundation(name: String) throws {
        let file = URL(filePath: try Surroundings.programs()).appending(path: name)
        let program = try Data(contentsOf: file, options: .alwaysMapped)
        // What is there is found.
        #expect(program.range(of: Data("FoundationEssentials".utf8)) != nil)
        for trace in Self.traces { #expect(program.range(of: Data(trace.utf8)) == nil, "\(trace)") }
    }
}
