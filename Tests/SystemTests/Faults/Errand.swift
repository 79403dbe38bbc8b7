import Contracts
import Foundation

/// One command of a desk: what it is about, what has to come of it, and every message that was sent for it.
struct Errand: Sendable {
    let type: String
    let body: [UInt8]
    /// What the command is about, and what its refusal names.
    let subject: UUID
    /// What has to be said once it is done.
    let facts: [Said]
    /// The event that says a refusal.
    let refusalType: String
    /// The code of the refusal that it has to end with; `nil` if it has to be done.
    let refusal: String?
    /// Whether a refusal is an outcome that is recorded, and so said once; otherwise each message is refused anew.
    let isRecorded: Bool
    /// The answers to each message, by its id.
    var answers: [UUID: Set<TillAnswer>] = [:]

    /// What is said in an event.
    struct Said: Sendable, Hashable, CustomStringConvertible {
        let type: String
        let id: UUID
        /// Of a refusal.
        var code: String?

        var description: String { "\(type) of \(id)\(code.map { " (\($0))" } ?? "")" }
    }

    /// Whether an answer says no more than that the test had wiped the merchants.
    private func isEarly(_ answer: TillAnswer) -> Bool {
        answer.code == Audit.merchantUnknown && refusal != Audit.merchantUnknown
    }

    /// Everything that is wrong with the answers: one for each message, the same for all, and the right one.
    var faults: [String] {
        var faults: [String] = []
        for (id, answers) in answers where answers.count != 1 {
            faults.append("desk: message \(id) (\(type)) got \(answers.count) different answers")
        }
        let final = Set(answers.values.joined().filter { !isEarly($0) })
        if final.count != 1 { faults.append("desk: a \(type) got \(final.count) answers: \(final.map(\.code))") }
        for answer in final where answer.code != refusal || answer.isProblem != (refusal != nil) {
            faults.append("desk: a \(type) was answered with \(answer.code ?? "success"), not \(refusal ?? "success")")
        }
        return faults
    }

    /// What has to be said because of it, and how often.
    var said: [Said: Int] {
        var said: [Said: Int] = [:]
        for answer in answers.values.compactMap(\.first) where answer.isProblem {
            let refusal = Said(type: refusalType, id: subject, code: answer.code)
            said[refusal] = isRecorded && !isEarly(answer) ? 1 : said[refusal, default: 0] + 1
        }
        if refusal == nil {
            for fact in facts { said[fact, default: 0] += 1 }
        }
        return said
    }
}
