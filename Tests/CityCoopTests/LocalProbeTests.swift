import Testing

@testable import ManagementAPI

@Suite struct LocalProbeTests {
    @Test(arguments: [
        ("http://127.0.0.1:80/x", true), ("http://localhost/", true), ("https://[::1]:1/", true),
        ("http://localhost:1", true),
        ("http://broker:15672/api", false), ("http://localhost.example.org/", false),
        ("http://10.0.0.1/127.0.0.1", false),
        ("127.0.0.1", false),
    ])
    func whatRunsHereIsKnown(_ url: String, _ isLocal: Bool) {
        #expect(Transfer.isLocal(url) == isLocal)
    }
}
