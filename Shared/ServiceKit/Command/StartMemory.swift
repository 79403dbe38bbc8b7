internal import CLinux
internal import ServiceLifecycle

/// Gives back, some seconds after the start, the memory that only the start needed.
///
/// More than half of what an idle service would have resident is code that ran once: reading settings, registering handlers,
/// shaking hands (decision 9).
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
