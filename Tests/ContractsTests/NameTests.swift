import Contracts
import Testing

/// What a name on the wire promises about its message.
@Suite struct NameTests {
    private static let requests = ServiceName.allCases.flatMap(Catalogue.requests)
    private static let events = ServiceName.allCases.flatMap(Catalogue.events)
    private static let types = requests.map(\.type) + events.map { $0.type }

    @Test func everyTypeHasTheShapeOfARoutingKey() {
        for type in NameTests.types {
            #expect(type.description == "\(type.owner.rawValue).\(type.name).v\(type.version)")
            #expect(type.name.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(type)")
            #expect(type.version >= 1)
        }
    }

    @Test func noTypeIsUsedTwice() {
        let names = NameTests.types.map(\.description) + NameTests.requests.map(\.type.reply)
        #expect(Set(names).count == names.count)
    }

    @Test func everyMessageStandsWithItsOwner() {
        for service in ServiceName.allCases {
            #expect(Catalogue.requests(of: service).allSatisfy { $0.type.owner == service })
            #expect(Catalogue.events(of: service).allSatisfy { $0.type.owner == service })
        }
    }

    @Test func theKindShowsInTheName() {
        for type in NameTests.types {
            let asks = ["get-", "find-"].contains { type.name.hasPrefix($0) }
            #expect(asks == (type.kind == .query), "\(type)")
            #expect(type.name.hasSuffix("-refused") == (type.kind == .refusal), "\(type)")
        }
        #expect(NameTests.events.allSatisfy { $0.type.kind == .event || $0.type.kind == .refusal })
    }

    @Test func queriesWaitApartFromCommands() {
        for entry in NameTests.requests {
            switch entry.type.kind {
            case .query: #expect(entry.queue == .queries)
            case .command: #expect([.commands, .bulk, .control].contains(entry.queue))
            case .event, .refusal: Issue.record("\(entry.type) is no request")
            }
            #expect((entry.request is any Command.Type) == (entry.type.kind == .command))
        }
    }

    @Test func aRefusalIsNamedAfterItsCommand() {
        // Two say one refusal for all the commands of their kind: block, replace, refund and the like; collect and reprint.
        let shared: Set = ["change", "codes"]
        let commands = shared.union(NameTests.requests.filter { $0.type.kind == .command }.map(\.type.name))
        for event in NameTests.events where event.type.kind == .refusal {
            #expect(commands.contains(String(event.type.name.dropLast("-refused".count))), "\(event.type)")
        }
    }

    @Test func whoListensAndWhoCallsNamesWhatThereIs() {
        let said = Set(NameTests.events.map { $0.type })
        let answered = Set(NameTests.requests.map(\.type))
        for service in ServiceName.allCases {
            let heard = Catalogue.subscriptions(of: service)
            let called = Catalogue.calls(of: service)
            #expect(said.isSuperset(of: heard))
            #expect(answered.isSuperset(of: called))
            #expect(heard.allSatisfy { $0.owner != service }, "\(service) hears itself")
            // Who coordinates all services asks itself as well, and reminds itself by the schedule.
            #expect(service == .cities || called.allSatisfy { $0.owner != service }, "\(service) commands itself")
        }
    }
}
