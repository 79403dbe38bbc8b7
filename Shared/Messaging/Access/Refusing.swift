import AMQP
import Contracts
import FoundationEssentials

extension InboxTransactions {
    /// Reads what was granted to users; cities has the grants themselves, the others a copy.
    func readGrants(of users: [String]) -> ReadGrants {
        ReadGrants(users: users, isCopy: source != AccessGranted.type.owner)
    }

    /// The users whose grants have to be known before these messages may be handled.
    func usersToAsk(for incoming: [Incoming], by route: any Route) -> [String] {
        route.asksForGrants ? Set(incoming.compactMap(\.envelope.user)).sorted() : []
    }

    /// The places of the messages that their senders may not send.
    func refused(_ incoming: [Incoming], by route: any Route, grants: [Grant], at now: Date) -> Set<Int> {
        guard route.asksForGrants else { return [] }
        var speakers: [String?: Speaker] = [:]
        return Set(
            incoming.indices.filter { index in
                let user = incoming[index].envelope.user
                let speaker = speakers[user] ?? access.speaker(user, holding: grants, at: now)
                speakers[user] = speaker
                return !route.allows(incoming[index].message, from: speaker)
            })
    }

    /// Files and answers messages that their senders may not send; ids that were taken for them are free again.
    func refuse(
        _ incoming: [Incoming], taken: [InboxKey], _ coder: BodyCoder, in work: inout MessageTransaction
    ) throws -> [OutgoingMessage] {
        guard !incoming.isEmpty else { return [] }
        let keys = taken.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
        if !keys.isEmpty { work.write(GiveBack(queue: queue, keys: keys)) }
        for message in incoming {
            let refused = Defective(
                envelope: message.envelope, body: message.body, key: nil, content: message.content,
                problem: .notAllowed)
            try file(refused, state: FailureCode.failed, key: nil, in: &work)
        }
        let now = work.now
        return incoming.compactMap {
            Answer.problem(.notAllowed, to: $0.envelope.type, coder).message(to: $0.envelope, source: source, at: now)
        }
    }

    /// The places of the messages that were filed and that their senders may not send, or may not any more.
    func refused(
        _ incoming: [Incoming], by route: any Route, in work: inout MessageTransaction
    ) async throws -> Set<Int> {
        let users = usersToAsk(for: incoming, by: route)
        let grants = try await users.isEmpty ? [] : work.execute(readGrants(of: users))
        return refused(incoming, by: route, grants: grants, at: work.now)
    }
}
