import Contracts
import Messaging
import Postgres
import ServiceKit

/// The service that tells people what happened, each in the language of their choice.
enum Notifications: SuiteService {
    typealias Owner = NotificationsService

    /// What this service reads from its environment beyond what all of them read.
    struct Options: Sendable {
        /// Where mails are put.
        var mailFolder: String
        /// Who they are from.
        var mailFrom: MailAddress?
        /// How long their texts are kept.
        var textRetention = Notifications.textRetentionDefault
    }

    /// Over the end of a year, and of the time in which somebody may still ask what they were told.
    static let textRetentionDefault = Duration.days(400)

    static let summary = "Tells people what happened, each in the language of their choice."
    static let httpPort = 8084

    static let schema = MigrationSet(
        name: "notifications", version: 2, minCompatible: 1,
        migrations: [
            Migration(number: 1, name: "notifications", sql: PackageResources._001_notifications_sql),
            Migration(number: 2, name: "retention", sql: PackageResources._002_retention_sql),
        ])

    static func options(_ settings: inout Settings) -> Options {
        let sender = "City Coop <no-reply@citycoop.example>"
        return Options(
            mailFolder: settings.folder("NOTIFICATIONS_MAIL_FOLDER", "Where mails are put, one .eml file each"),
            mailFrom: settings.value(
                "NOTIFICATIONS_MAIL_FROM", "Who mails are from", expected: "Name <address@domain>",
                default: (MailAddress(mailbox: sender), sender), standIn: nil
            ) { MailAddress(mailbox: $0) },
            textRetention: settings.duration(
                "NOTIFICATIONS_TEXT_RETENTION", "How long the text of a mail is kept after it was made",
                default: textRetentionDefault, in: .days(1)...(.days(3_650))))
    }

    static func handlers(_ options: Options, seal: Seal) -> HandlerSet<NotificationsService> {
        let newsroom = Newsroom(renderer: .shipped)
        var handlers = HandlerSet<NotificationsService>()
        handlers.add(SetContacts(newsroom: newsroom))
        handlers.add(TellVoucherIssued(newsroom: newsroom))
        handlers.add(TellVoucherRedeemed(newsroom: newsroom))
        handlers.add(TellPersonRegistered(newsroom: newsroom))
        handlers.add(TellPersonWaitlisted(newsroom: newsroom))
        handlers.add(TellPersonPromoted(newsroom: newsroom))
        handlers.keepsPersonalData(ContactsAndMails(folder: options.mailFolder))
        handlers.add(job: ForgetTexts(retention: options.textRetention))
        if let from = options.mailFrom { handlers.add(job: DeliverMails(folder: options.mailFolder, from: from)) }
        return handlers
    }
}
