import Contracts
import FoundationEssentials
import Messaging
import ServiceKit

/// Puts rendered notifications into a folder, one `.eml` file each.
///
/// The files are on the disk before the transaction commits. After a crash in between they are written again: under the same
/// names, with the same bytes.
struct DeliverMails: BackgroundJob {
    static let name = "deliver-mails"
    /// Files in one transaction.
    ///
    /// Each costs a write to the disk; at 20 ms on a slow one that is over a second, and the
    /// database ends a transaction that is idle for ten.
    static let batchMax = 64

    private let folder: DurableFolder
    private let from: MailAddress

    /// Describes the delivery into a folder, which must exist.
    init(folder: String, from: MailAddress) {
        self.folder = DurableFolder(path: folder)
        self.from = from
    }

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let taken = try await transaction.execute(TakeRendered(max: Int64(DeliverMails.batchMax)))
        guard !taken.isEmpty else { return false }
        var files: [DurableFolder.File] = []
        var delivered: [UUID] = []
        var undeliverable: [UUID] = []
        for notification in taken {
            guard let file = file(for: notification) else {
                undeliverable.append(notification.notificationId)
                continue
            }
            files.append(file)
            delivered.append(notification.notificationId)
            transaction.publish(NotificationDelivered(notification), traceparent: notification.traceparent)
        }
        try await folder.write(files)
        transaction.write(MarkDelivered(ids: delivered))
        if !undeliverable.isEmpty { transaction.write(MarkUndeliverable(ids: undeliverable)) }
        return taken.count == DeliverMails.batchMax
    }

    /// The mail; nil if the stored address is none, which setting a contact refuses.
    private func file(for notification: TakeRendered.Row) -> DurableFolder.File? {
        guard let to = MailAddress(name: notification.recipientName, address: notification.recipientEmail) else {
            return nil
        }
        let message = MailMessage(
            from: from, to: to, text: notification.text, notificationId: notification.notificationId,
            date: notification.renderedAt)
        return DurableFolder.File(
            name: "\(notification.notificationId.text).eml", bytes: message.bytes)
    }
}

extension NotificationDelivered {
    fileprivate init(_ row: TakeRendered.Row) {
        self.init(
            notificationId: row.notificationId, personId: row.personId, template: row.template.rawValue,
            language: row.text.language.rawValue, channel: row.channel)
    }
}
