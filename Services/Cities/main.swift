import ServiceKit

await CitiesDefinition.main()
