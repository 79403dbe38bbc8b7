/// Deliveries that nobody has taken yet, and how much memory they hold.
struct IntakeBuffer {
    private let bytesMax: Int
    private var deliveries: [Delivery] = []
    /// Deliveries before this one are taken and not yet cut off.
    private var head = 0
    /// What the deliveries hold.
    private(set) var bytes = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    var isEmpty: Bool { head == deliveries.count }

    /// So much is buffered that reading has to stop.
    var isFull: Bool { bytes > bytesMax }

    /// So little is buffered that reading may go on: well below full, so that it does not stop and go with every message.
    var isRoomy: Bool { bytes <= bytesMax / 2 }

    mutating func append(_ delivery: Delivery) {
        deliveries.append(delivery)
        bytes += delivery.footprint
    }

    /// Takes the oldest, at most so many.
    mutating func take(max: Int) -> [Delivery] {
        let end = head + min(max, deliveries.count - head)
        let taken = Array(deliveries[head..<end])
        for delivery in taken { bytes -= delivery.footprint }
        head = end
        // Moving the rest down costs at most as much as what was taken since the last time.
        if isEmpty {
            deliveries.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024, head * 2 > deliveries.count {
            deliveries.removeSubrange(..<head)
            head = 0
        }
        return taken
    }

    /// Takes everything.
    mutating func takeAll() -> [Delivery] {
        take(max: deliveries.count - head)
    }
}
