/// The messages published on one channel and not settled yet, by the sequence numbers that broker and publisher both count.
struct ConfirmWindow<Entry> {
    private var slots: [Entry?] = []
    /// Slots before this one are settled and not yet cut off.
    private var head = 0
    /// The sequence number of `slots[head]`.
    private var first: UInt64 = 1
    /// How many are unsettled.
    private(set) var count = 0

    /// How far the oldest unsettled message lies behind: one queue that does not confirm while others do.
    var span: Int { slots.count - head }

    /// Takes in the message published next.
    mutating func append(_ entry: Entry) {
        slots.append(entry)
        count += 1
    }

    /// Settles one message or all up to it, oldest first, and returns them; nil is a number never given out.
    mutating func settle(_ tag: UInt64, multiple: Bool) -> [Entry]? {
        let end = first + UInt64(span)
        if tag == 0 && multiple { return settle(end - 1, multiple: true) }
        guard tag > 0, tag < end else { return nil }
        guard tag >= first else { return [] }
        let last = head + Int(tag - first)
        var settled: [Entry] = []
        for slot in (multiple ? head : last)...last {
            guard let entry = slots[slot] else { continue }
            settled.append(entry)
            slots[slot] = nil
        }
        count -= settled.count
        cutOff()
        return settled
    }

    /// The oldest unsettled message that fits.
    func first(where fits: (Entry) -> Bool) -> Entry? {
        for slot in slots[head...] {
            if let slot, fits(slot) { return slot }
        }
        return nil
    }

    /// Ends the channel: returns everything unsettled in order and starts numbering again.
    mutating func removeAll() -> [Entry] {
        defer { self = ConfirmWindow() }
        return slots[head...].compactMap { $0 }
    }

    private mutating func cutOff() {
        while head < slots.count, slots[head] == nil {
            head += 1
            first += 1
        }
        // Moving the rest down costs at most as much as what was appended since the last time.
        if head > 1024, head * 2 > slots.count {
            slots.removeSubrange(..<head)
            head = 0
        }
    }
}
