/// Finds which of several unconfirmed messages made the broker close the channel.
///
/// The broker closes over one message and says only in words what was wrong with it; everything else unconfirmed dies with
/// it and is to be sent again. Told apart wrongly, either a good message is given up or a bad one closes the channel for
/// ever, so a message is named only when the words fit it and the ones before it do not. The words are those of
/// RabbitMQ 3.10 to 4.x.
enum Blame {
    /// The position of the culprit among the unconfirmed, oldest first; nil if the words fit none.
    static func culprit(of error: AMQPError, among messages: some Collection<OutgoingMessage>) -> Int? {
        guard error.code == .channelClosed, let suspicion = suspicion(in: error) else { return nil }
        return messages.enumerated().first { suspicion($0.element) }?.offset
    }

    private static func suspicion(in error: AMQPError) -> ((OutgoingMessage) -> Bool)? {
        let quoted = quotations(in: error.text)
        switch (error.replyCode, quoted.first) {
        case (404, let exchange?) where error.text.contains("no exchange"),
            (403, let exchange?) where error.text.contains("to exchange"):
            return { $0.exchange == exchange }
        case (403, let topic?) where error.text.contains("to topic"):
            let exchange = quoted.dropFirst().first
            return { $0.routingKey == topic && $0.exchange == exchange }
        case (406, let user?) where error.text.contains("user_id"):
            return { $0.properties.userID == user }
        case (406, let expiration?) where error.text.contains("expiration"):
            return { $0.properties.expiration == expiration }
        case (406, _) where error.text.contains("message size"):
            let size = error.text.split(separator: " ").compactMap { Int($0) }.first
            return { $0.body.count == size }
        default:
            return nil
        }
    }

    /// The pieces between single quotes; a name that contains one is not recognised, and nobody is blamed.
    private static func quotations(in text: String) -> [String] {
        text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
