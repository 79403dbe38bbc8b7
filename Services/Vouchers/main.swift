import ServiceKit

await ServiceCommand<VouchersDefinition>.main()
