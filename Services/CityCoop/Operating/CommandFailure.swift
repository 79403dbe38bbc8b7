import AMQP
import ArgumentParser
import Contracts
import ManagementAPI
import Messaging
import Postgres
import Processes

extension ExitCode {
    /// Refused, failed, or different from what it should be.
    static let refused = ExitCode(1)
    /// Wrong usage, or a setting that is missing: EX_USAGE.
    static let usage = ExitCode(64)
    /// A server cannot be reached: EX_UNAVAILABLE.
    static let unreachable = ExitCode(69)
    /// No answer before the deadline: EX_TEMPFAIL.
    static let deadline = ExitCode(75)
}

/// Why a command ends with another code than 0, in words for its user.
struct CommandFailure: Error, Equatable {
    /// The exit code.
    var code: ExitCode
    /// What went wrong.
    var text: String
    /// What to do about it.
    var hint: String?

    init(_ code: ExitCode, _ text: String, hint: String? = nil) {
        self.code = code
        self.text = text
        self.hint = hint
    }

    /// What an error of the layers below means for the user of a command.
    init(explaining error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as RequestError: self.init(error)
        case let error as AMQPError: self.init(error)
        case let error as ManagementError:
            self.init(error.status == nil ? .unreachable : .refused, "The management API: \(error)")
        case let error as PostgresError:
            self.init(error.isConnectionTrouble ? .unreachable : .refused, "The database: \(error)")
        case let error as Problem: self.init(.refused, "\(error)")
        case let error as ProgramError: self.init(.refused, "\(error)")
        default: self.init(.refused, "\(error)")
        }
    }

    private init(_ error: RequestError) {
        switch error {
        case .problem: self.init(.refused, "\(error)")
        case .unroutable:
            self.init(.unreachable, "\(error)", hint: "citycoop topology show  lists every type that is answered")
        case .deadlineExceeded:
            self.init(.deadline, "\(error)", hint: "citycoop status  tells whether the service runs")
        case .notSent: self.init(.unreachable, "\(error)")
        case .unreadable: self.init(.refused, "\(error)")
        }
    }

    private init(_ error: AMQPError) {
        switch error.code {
        case .addressInvalid: self.init(.usage, "CITYCOOP_AMQP_URL: \(error)")
        case .channelClosed, .messageUnacceptable: self.init(.refused, "The broker: \(error)")
        default: self.init(.unreachable, "The broker: \(error)", hint: "is it running, and is CITYCOOP_AMQP_URL right?")
        }
    }
}

/// Runs a command; what it throws is told on stderr and becomes the exit code.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        throw error
    } catch {
        let failure = CommandFailure(explaining: error)
        Terminal.tell("citycoop: \(failure.text)")
        if let hint = failure.hint { Terminal.tell("  \(hint)") }
        throw failure.code
    }
}
