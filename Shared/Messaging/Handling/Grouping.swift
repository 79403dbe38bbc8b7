/// Sorts messages that arrived together into groups of one type, each for one transaction.
///
/// Groups are run in order. A message may overtake others only where it shares no key with them: it never moves in front of
/// a group that holds a message with its ordering key, and never into the group of a message with its own id, because the
/// inbox recognises a repeat only after the first has committed.
struct Grouping<Kind: Hashable> {
    private struct Group {
        var kind: Kind
        var members: [Int] = []
    }

    private var groups: [Group] = []
    /// The last group that holds a message with this ordering key.
    private var lastWithOrder: [String: Int] = [:]
    /// The last group that holds a message with this id.
    private var lastWithIdentity: [InboxKey: Int] = [:]
    /// The first group of a kind that may still have room.
    private var openGroup: [Kind: Int] = [:]

    /// The members by group, in the order in which the groups must run.
    var result: [(kind: Kind, members: [Int])] {
        groups.map { ($0.kind, $0.members) }
    }

    /// Adds the next message in the order of arrival.
    mutating func add(_ member: Int, kind: Kind, identity: InboxKey?, orderingKey: String?, batchMax: Int) {
        var earliest = openGroup[kind] ?? groups.count
        if let last = orderingKey.flatMap({ lastWithOrder[$0] }) { earliest = max(earliest, last) }
        if let last = identity.flatMap({ lastWithIdentity[$0] }) { earliest = max(earliest, last + 1) }
        let place =
            (earliest..<max(earliest, groups.count)).first {
                groups[$0].kind == kind && groups[$0].members.count < batchMax
            } ?? groups.count
        if place == groups.count { groups.append(Group(kind: kind)) }
        groups[place].members.append(member)
        if let orderingKey { lastWithOrder[orderingKey] = place }
        if let identity { lastWithIdentity[identity] = place }
        if openGroup[kind].map({ groups[$0].members.count >= batchMax }) ?? true { openGroup[kind] = place }
    }
}
