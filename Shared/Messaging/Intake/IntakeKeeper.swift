import AMQP
import Logging
import Postgres

/// Keeps an instance to what the database says about intake: it may be another instance that was told.
struct IntakeKeeper: Sendable {
    let gate: IntakeGate
    /// Of the queues that wait while intake is paused.
    let consumers: [Consumer]
    let database: Pool
    let limits: MessagingLimits
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var pause = limits.intakePoll
            do {
                let pauses = try await database.execute(ReadPause())
                let left = pauses.first?.secondsLeft
                await turn(open: left == nil, left)
                if let left { pause = min(pause, .seconds(left) + .milliseconds(1)) }
            } catch {
                // Nothing is handled without the database, and what was known stands until it is back.
                logger.debug("intake is as it was", metadata: ["error": "\(error)"])
            }
            await Pause.sleep(pause)
        }
    }

    private func turn(open isOpen: Bool, _ secondsLeft: Double?) async {
        guard gate.turn(open: isOpen) else { return }
        if isOpen {
            for consumer in consumers { await consumer.resume() }
            logger.debug("intake goes on")
        } else {
            for consumer in consumers { await consumer.pause() }
            logger.notice("intake is paused", metadata: ["seconds": "\(Int(secondsLeft ?? 0))"])
        }
    }
}
