import Testing

/// The real executables on a real broker and a real database of their own, killed in the middle.
@Suite("System", .serialized, .privateServers, .timeLimit(.minutes(30)))
struct SystemTests {}
