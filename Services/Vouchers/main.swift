import ServiceKit

await VouchersDefinition.main()
