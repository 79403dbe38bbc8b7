import ServiceKit

await Notifications.main()
