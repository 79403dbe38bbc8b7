import CSV
import Contracts
import ManagementAPI
import FoundationEssentials
import Testing

@testable import citycoop

@Suite struct DemoTests {
    @Test func citiesAreFoundByTheirSlug() throws {
        let cities = try Cast.cities()
        #expect(try cities.city("ormoz").officialName == "Ormož")
        #expect(try cities.city("lendava").name(in: "hu") == "Lendva")
        #expect(throws: CommandFailure.self) { try cities.city("atlantis") }
    }

    @Test func theCastKeepsItsContracts() throws {
        let cities = try Cast.cities()
        for person in Cast.people {
            try person.contact.validate()
            #expect(person.email.hasSuffix("@example.org"))
        }
        #expect(Set(Cast.people.map(\.language)) == ["de", "sl", "hu"])
        for shop in Cast.shops {
            let city = try cities.city(shop.city)
            try RegisterMerchant(merchantId: shop.id, cityId: city.cityId, name: shop.name).validate()
        }
        for organisation in Cast.organisations {
            let ids = try organisation.cities.map { try cities.city($0).cityId }
            try RegisterPartner(
                PartnerFacts(
                    partnerId: organisation.id, name: organisation.name, role: organisation.role, cityIds: ids)
            ).validate()
        }
        // Each city is answered for once.
        #expect(Cast.organisations.flatMap(\.cities).sorted() == cities.map(\.slug).sorted())
        #expect(Cast.organisations.filter { $0.role == .lead }.count == 1)
        #expect(Set(Cast.people.map(\.id) + Cast.shops.map(\.id)).count == Cast.people.count + Cast.shops.count)
    }

    @Test func whatIsSoldAndWhereItIsPaidKeepsItsContracts() throws {
        let cities = try Cast.cities()
        try Cast.programme(of: try cities.city("weiz")).validate()
        var accounts: [Secret] = []
        for (slug, account) in Cast.accounts {
            let city = try cities.city(slug)
            try SetSettlementAccount(
                cityId: city.cityId, name: city.officialName, iban: account.iban, address: account.address
            ).validate()
            accounts.append(account.iban)
        }
        for (country, basisPoints) in Cast.feeVATRates {
            try SetFeeVATRate(country: country, firstDay: Cast.firstDay, basisPoints: basisPoints).validate()
        }
        for (shop, iban) in Cast.shopAccounts {
            #expect(Cast.accounts.contains { $0.city == shop.city }, "the city of \(shop.name) pays it")
            accounts.append(iban)
        }
        #expect(accounts.allSatisfy { IBAN($0.revealed) != nil } && Set(accounts).count == accounts.count)
    }

    @Test func theTableOfShopsIsOnePartWithOneMistake() throws {
        let commands = try MerchantFile.commands(of: Cast.table, into: UUID(), reason: "test")
        #expect(commands.count == 1)
        try commands[0].validate()
        var reader = CSVReader(Cast.table)
        let columns = try #require(reader.next()?.fields)
        #expect(columns.allSatisfy { MerchantColumn(rawValue: $0) != nil })
        var ids: [UUID] = []
        var accounts: [String] = []
        while let record = reader.next() {
            #expect(record.mistake == nil && record.fields.count == columns.count)
            let fields = Dictionary(zip(columns, record.fields)) { first, _ in first }
            ids.append(try #require(UUID(text: fields["merchantId"] ?? "")))
            if let iban = fields["iban"], !iban.isEmpty { accounts.append(iban) }
        }
        #expect(Set(ids + Cast.shops.map(\.id)).count == ids.count + Cast.shops.count && ids.count == 4)
        #expect(accounts.count == 1 && accounts.allSatisfy { IBAN($0) == nil })
    }

    @Test func theTillMayRedeemAndAskForBalancesAndNothingElse() throws {
        let write = try Regex(Till.topics.write)
        for service in ServiceName.allCases {
            for entry in Catalogue.requests(of: service) {
                let mayAsk = [RedeemVoucher.type, GetBalance.type].contains(entry.type)
                #expect((try write.firstMatch(in: entry.type.description) != nil) == mayAsk, "\(entry.type)")
            }
        }
        let exchanges = try Regex(Till.permissions.write)
        #expect(try exchanges.firstMatch(in: Topology.Names.commands) == nil)
        #expect(try exchanges.firstMatch(in: Topology.Names.events) == nil)
        #expect(try exchanges.firstMatch(in: Topology.Names.requests) != nil)
        #expect(Cast.tillGrant.role == .terminal && Cast.tillGrant.merchantId == Cast.bookshop.id)
    }

    @Test func everybodyIsToldSomethingAndNothingTwice() {
        #expect(Set(MailChapter.expected).count == MailChapter.expected.count)
        #expect(Set(MailChapter.expected.map(\.person)) == Set(Cast.people.map(\.id)))
    }

    @Test(arguments: [
        ("Subject: Hello\r\n\r\nSubject: not this", "Hello"),
        ("From: a\nsubject:  plain text \n\n", "plain text"),
        ("Subject: =?UTF-8?Q?Br=C3=BCckenfest?=\r\n\r\n", "Brückenfest"),
        ("Subject: =?UTF-8?Q?H=C3=ADd=C3=BCnnep?=\r\n =?UTF-8?Q?_a_Mur=C3=A1n?=\r\n\r\n", "Hídünnep a Murán"),
        ("Subject: =?utf-8?B?xb5hbWV0?= in\r\n\tmore\r\n\r\n", "žamet in more"),
        ("Subject: =?UTF-8?Q?broken=?=\r\n\r\n", "=?UTF-8?Q?broken=?="),
        ("Subject: =?latin1?Q?x?=\r\n\r\n", "=?latin1?Q?x?="),
    ])
    func subjectsAreReadAsTheirReadersSeeThem(_ mail: String, _ subject: String) {
        #expect(MailHeader.subject(of: mail) == subject)
    }

    @Test func aMailWithoutASubjectHasNone() {
        #expect(MailHeader.subject(of: "From: a\r\n\r\nSubject: in the text") == nil)
        #expect(MailFolder(path: "/nowhere").subject(of: UUID()) == nil)
    }
}
