/// What became of the deliveries of one channel, and which acknowledgements tell the broker so with the fewest frames.
///
/// An acknowledgement of several may only reach as far as everything before it is settled, and must name a delivery that the
/// broker still holds, or the broker closes the channel with 406. What lies beyond the prefix is held for a while,
/// because the gap usually closes soon, and is then acknowledged one by one.
struct SettledPrefix {
    /// One frame to send.
    struct Acknowledgement: Equatable {
        var tag: UInt64
        var multiple: Bool
    }

    private enum State {
        /// Delivered; nobody has settled it.
        case outstanding
        /// Acknowledged by the owner, not yet told to the broker.
        case held
        /// The broker knows: acknowledged singly, handed back or rejected.
        case told
    }

    private var states: [State] = []
    private var head = 0
    /// Everything up to here is settled and told.
    private(set) var settledThrough: UInt64 = 0
    /// How many deliveries nobody has settled.
    private(set) var outstandingCount = 0
    /// How many acknowledgements the broker has not been told.
    private(set) var heldCount = 0

    /// The highest tag delivered.
    var deliveredThrough: UInt64 { settledThrough + UInt64(states.count - head) }

    /// Takes in a delivery; false if its tag is not the next one, which no correct broker does.
    mutating func deliver(_ tag: UInt64) -> Bool {
        guard tag == deliveredThrough + 1 else { return false }
        states.append(.outstanding)
        outstandingCount += 1
        return true
    }

    /// Notes an acknowledgement to tell later; false if the delivery is unknown or settled already.
    mutating func acknowledge(_ tag: UInt64) -> Bool {
        guard settle(tag, as: .held) else { return false }
        heldCount += 1
        return true
    }

    /// Notes that the delivery is being handed back or rejected by a frame of its own; false if it is unknown or settled.
    mutating func settleSingly(_ tag: UInt64) -> Bool {
        settle(tag, as: .told)
    }

    /// The acknowledgement that tells everything held in the settled prefix; nil if nothing in it is held.
    mutating func takePrefix() -> Acknowledgement? {
        var lastHeld: UInt64?
        var count = 0
        while head < states.count, states[head] != .outstanding {
            settledThrough += 1
            if states[head] == .held {
                lastHeld = settledThrough
                count += 1
            }
            head += 1
        }
        heldCount -= count
        // Moving the rest down costs at most as much as what was delivered since the last time.
        if head > 1024, head * 2 > states.count {
            states.removeSubrange(..<head)
            head = 0
        }
        return lastHeld.map { Acknowledgement(tag: $0, multiple: count > 1) }
    }

    /// The acknowledgements of everything held, in and beyond the prefix.
    mutating func takeAll() -> [Acknowledgement] {
        var frames = takePrefix().map { [$0] } ?? []
        guard heldCount > 0 else { return frames }
        for slot in head..<states.count where states[slot] == .held {
            states[slot] = .told
            frames.append(Acknowledgement(tag: settledThrough + UInt64(slot - head) + 1, multiple: false))
        }
        heldCount = 0
        return frames
    }

    private mutating func settle(_ tag: UInt64, as state: State) -> Bool {
        guard tag > settledThrough, tag <= deliveredThrough else { return false }
        let slot = head + Int(tag - settledThrough) - 1
        guard states[slot] == .outstanding else { return false }
        states[slot] = state
        outstandingCount -= 1
        return true
    }
}
