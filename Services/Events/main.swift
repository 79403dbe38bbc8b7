import ServiceKit

await EventsDefinition.main()
