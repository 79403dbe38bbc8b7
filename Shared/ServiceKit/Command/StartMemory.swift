internal import CLinux
internal import ServiceLifecycle

/// Gives back, some seconds after the start, the memory that only the start needed.
///
/// Of 32 MB that vouchers had resident when idle, 14 were its own code, mapped when it first ran: much of that reads settings,
/// registers handlers and shakes hands, and does not run again.
struct StartMemory: Service {
    var startDuration = ServiceLimits.startDuration

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await Task.sleep(for: startDuration)
            StartMemory.giveBack()
        }
        try? await gracefulShutdown()
    }

    /// Gives back what can be had again without reading from a disk.
    static func giveBack() {
        citycoop_give_back_memory()
    }
}
