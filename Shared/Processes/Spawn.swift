internal import CLinux
internal import FoundationEssentials
internal import Glibc

/// What `posix_spawn` is to do between fork and exec.
@safe struct Spawn: ~Copyable {
    private var actions = unsafe posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    private var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    private var writing: Int32?

    /// POSIX_SPAWN_SETSID of glibc's spawn.h, a GNU extension that Swift's Glibc module leaves out.
    private static let newSession: Int32 = 0x80

    /// Standard input is empty, unless the program is to have ours; signals are as a shell would have them.
    init(sharesInput: Bool = false) {
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        if !sharesInput {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        // A shell's background job ignores SIGINT and SIGQUIT, and nohup SIGHUP: a service wants them all.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    }

    deinit {
        var actions = unsafe actions
        var attributes = attributes
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        if let writing { close(writing) }
    }

    /// Has the descriptor append to a file, which is made if it is not there, readable by its owner only.
    mutating func append(_ descriptor: Int32, to path: String) throws(ProgramError) {
        // Opened here first, because a failure between fork and exec says no more than its number.
        let probe = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard probe >= 0 else { throw ProgramError(path: path, errorNumber: errno) }
        close(probe)
        unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_APPEND, 0)
    }

    /// Makes one descriptor the same as another.
    mutating func duplicate(_ descriptor: Int32, as other: Int32) {
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, other)
    }

    /// Makes the process the leader of a session of its own.
    mutating func makeSession() {
        flags |= Self.newSession
    }

    /// Has both outputs written into a pipe; returns its reading end.
    mutating func pipeOutput(of program: Program) throws(ProgramError) -> Int32 {
        var ends: (reading: Int32, writing: Int32) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard result == 0 else { throw ProgramError(path: program.path, errorNumber: errno) }
        _ = fcntl(ends.reading, F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends.writing, F_SETFD, FD_CLOEXEC)
        writing = ends.writing
        duplicate(ends.writing, as: STDOUT_FILENO)
        duplicate(ends.writing, as: STDERR_FILENO)
        return ends.reading
    }

    /// Closes our copy of the pipe's writing end.
    mutating func closePipe() {
        if let writing { close(writing) }
        writing = nil
    }

    /// Starts the program with our environment, and with none of our descriptors but the first three.
    ///
    /// A lock or a socket that a service inherited would be held until the service ends.
    mutating func run(_ program: Program) throws(ProgramError) -> ProcessID {
        _ = citycoop_close_on_exec_from(UInt32(STDERR_FILENO) + 1)
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var process = pid_t()
        let result = unsafe withCStrings([program.path] + program.arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe posix_spawn(&process, program.path, &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else { throw ProgramError(path: program.path, errorNumber: result) }
        return ProcessID(number: process)
    }

    /// Lends an array of C strings with the nil at its end.
    private func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe pointers.forEach { unsafe free($0) }
        }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("there is always the nil at the end") }
            return unsafe body(start)
        }
    }
}
