public import Contracts

extension Batch where Message: Event {
    /// The newest state of each thing, in the order of ids: what a copy keeps.
    ///
    /// One statement must not touch a row twice, and rows are locked in the order of their ids.
    public func newest<ID: Hashable & Comparable>(of id: KeyPath<Message, ID>) -> [Message] {
        var newest: [ID: Message] = [:]
        for received in messages {
            let message = received.message
            let known = newest[message[keyPath: id]]?.sequence ?? .min
            if message.sequence ?? 0 > known { newest[message[keyPath: id]] = message }
        }
        return newest.sorted { $0.key < $1.key }.map(\.value)
    }
}
