import AMQP
import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

private typealias Owner = VouchersService

/// Operators look into failures and mend them; every attempt and every act stands in the history, every act in the audit.
@Suite(.timeLimit(.minutes(2))) struct MendingTests {
    /// A till without a grant, whose messages are refused, and an operator.
    private func withTill(
        _ body: @Sendable (TestService, TestClient, TestClient) async throws -> Void
    ) async throws {
        try await withServiceAndClient { service, administrator in
            try await withClient(try await service.vhost.makeUser("till"), watches: false) { till in
                try await service.running { try await body(service, administrator, till) }
            }
        }
    }

    private func redeem(_ amount: Int64 = 1) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: .version7(), code: Secret("SECRET-CODE"), merchantId: UUID(), amount: Money(amount, "EUR"))
    }

    private func detail(_ id: UUID, _ client: TestClient) async throws -> FailureDetail {
        try await client.requester.call(GetFailure<Owner>(failureId: id))
    }

    /// What the audit has of a failure, once it is sealed.
    private func audit(of id: UUID, _ count: Int, _ client: TestClient) async throws -> [AuditEntry] {
        try await eventually("\(count) rows of the audit are sealed") {
            try await client.requester.call(FindAudit<Owner>(auditedId: id)).entries.count >= count
        }
        return try await client.requester.call(FindAudit<Owner>(auditedId: id)).entries
    }

    @Test func anEditedMessageRunsUnderItsEditorsNameAndKeepsWhatCame() async throws {
        try await withTill { service, administrator, till in
            #expect(try await problem(of: till, redeem()).code == "not-allowed")
            let id = try await service.waitForFailure("not-allowed", .failed).failureId
            let before = try await detail(id, administrator)
            #expect(before.body.contains(Secret.mask) && before.original == nil && before.revision == 0)
            let edit = EditFailure<Owner>(
                failureId: id, body: Secret(before.body.replacing("\"amount\":1", with: "\"amount\":2")), revision: 0,
                reason: "a typing error")
            let edited = try await administrator.requester.call(edit)
            #expect(edited == EditedFailure(revision: 1, fields: ["amount.amount"]))
            let after = try await detail(id, administrator)
            #expect(after.body.contains("\"amount\":2") && after.body.contains(Secret.mask))
            #expect(after.original?.userId == before.summary.userId && after.original?.body == before.body)
            #expect(after.summary.userId == service.vhost.address.user)
            #expect(after.summary.messageId == before.summary.messageId && after.summary.state == .failed)
            let redrive = RedriveFailures<Owner>(FailureSelection(failureIds: [id]))
            #expect(try await administrator.requester.call(redrive).count == 1)
            try await service.waitForEffects(1, "redeem")
            let done = try await detail(id, administrator)
            #expect(done.summary.state == .done && done.acts.map(\.act) == ["edit", "redrive"])
            #expect(done.acts.first?.fields == ["amount.amount"])
            #expect(done.attempts?.map(\.code) == ["not-allowed", nil])
            let rows = try await audit(of: id, 2, administrator)
            #expect(rows.map(\.eventType) == ["vouchers.failure-edited.v1", "vouchers.failure-redriven.v1"])
            #expect(rows.allSatisfy { $0.person?.actor == service.vhost.address.user })
            #expect(rows.first?.person?.reason == "a typing error")
            let events = administrator.events(FailureEdited<Owner>.type).map {
                String(decoding: $0.body, as: UTF8.self)
            }
            #expect(events.count == 1 && events[0].contains("amount.amount") && !events[0].contains("SECRET"))
        }
    }

    @Test func aSecretIsShownToWhoSaysWhyAndTheAuditKnows() async throws {
        try await withTill { service, administrator, till in
            _ = try await problem(of: till, redeem())
            let id = try await service.waitForFailure("not-allowed", .failed).failureId
            let reveal = RevealFailure<Owner>(failureId: id, reason: "the shop asks")
            #expect(try await problem(of: till, reveal).code == "not-allowed")
            let shown = try await administrator.requester.call(reveal)
            #expect(shown.body.revealed.contains("SECRET-CODE") && shown.original == nil)
            // An edit leaves the secret where its mask is; with another in its place it is gone from the body alone.
            let masked = try await detail(id, administrator).body
            let other = EditFailure<Owner>(
                failureId: id, body: Secret(masked.replacing(Secret.mask, with: "OTHER-CODE")))
            #expect(try await administrator.requester.call(other).fields == ["code"])
            let again = try await administrator.requester.call(RevealFailure<Owner>(failureId: id, reason: "again"))
            #expect(again.body.revealed.contains("OTHER-CODE"))
            #expect(again.original?.revealed.contains("SECRET-CODE") == true)
            let rows = try await audit(of: id, 3, administrator)
            #expect(rows.map(\.eventType).count { $0 == "vouchers.failure-revealed.v1" } == 2)
            #expect(try await detail(id, administrator).acts.map(\.act) == ["reveal", "edit", "reveal"])
            let unknown = RevealFailure<Owner>(failureId: UUID(), reason: "x")
            #expect(try await problem(of: administrator, unknown).code == "failure-unknown")
        }
    }

    @Test func anEditThatMayNotBeIsRefusedAndChangesNothing() async throws {
        try await withTill { service, administrator, till in
            _ = try await problem(of: till, redeem())
            let id = try await service.waitForFailure("not-allowed", .failed).failureId
            let body = try await detail(id, administrator).body
            func refusal(_ text: String, revision: Int? = nil, of id: UUID) async throws -> Problem {
                try await problem(
                    of: administrator, EditFailure<Owner>(failureId: id, body: Secret(text), revision: revision))
            }
            #expect(try await refusal(body, of: id).code == "nothing-changed")
            #expect(try await refusal(body, of: UUID()).code == "failure-unknown")
            #expect(try await refusal(body, revision: 7, of: id).code == "failure-changed")
            #expect(try await refusal("{", of: id).fields?.keys.sorted() == ["body"])
            let gbp = try await refusal(body.replacing("EUR", with: "GBP"), of: id)
            #expect(gbp.code == "invalid" && gbp.fields?.keys.sorted() == ["amount"])
            let text = try await refusal(body.replacing("\"amount\":1", with: "\"amount\":\"x\""), of: id)
            #expect(text.code == "invalid" && text.fields?.keys.sorted() == ["amount.amount"])
            let strange = try await refusal(
                body.replacing("\"currency\"", with: "\"currencyy\":1,\"currency\""), of: id)
            #expect(strange.fields?.keys.sorted() == ["amount.currencyy"])
            let mask = try await refusal(body.replacing("\"EUR\"", with: "\"\(Secret.mask)\""), of: id)
            #expect(mask.fields?.keys.sorted() == ["amount.currency"])
            let unchanged = try await detail(id, administrator)
            #expect(unchanged.body == body && unchanged.revision == 0 && unchanged.acts.isEmpty)
            // What was given up stays as it was.
            let discard = DiscardFailures<Owner>(FailureSelection(failureIds: [id]), reason: "no")
            #expect(try await administrator.requester.call(discard).count == 1)
            #expect(try await refusal(body.replacing("EUR", with: "HUF"), of: id).code == "failure-settled")
        }
    }

    @Test func whatCannotBeReadIsMendedWithAWholeMessage() async throws {
        try await withServiceAndClient { service, administrator in
            try await service.running {
                let whole = String(decoding: try JSONEncoder.stable(issue()), as: UTF8.self)
                await administrator.send(
                    whole.replacing("1000", with: "\"much\""), Properties(messageID: "a"))
                let id = try await service.waitForFailure("contract-broken", .failed).failureId
                #expect(try await detail(id, administrator).body.contains("cannot be read"))
                let edit = EditFailure<Owner>(failureId: id, body: Secret(whole))
                #expect(try await administrator.requester.call(edit).fields == ["value.amount"])
                let redrive = RedriveFailures<Owner>(FailureSelection(failureIds: [id]))
                _ = try await administrator.requester.call(redrive)
                try await service.waitForEffects(1)
                // An event is its owner's, and an id that another message has stays with it.
                let event = MerchantRegistered(merchantId: .version7(), cityId: .version7(), name: "Forged", version: 1)
                await administrator.send(
                    String(decoding: try JSONEncoder.stable(event), as: UTF8.self),
                    as: MerchantRegistered.type.description, to: Topology.Names.events, Properties(messageID: "b"))
                let forged = try await service.waitForFailure("not-the-owner", .failed).failureId
                #expect(
                    try await problem(of: administrator, EditFailure<Owner>(failureId: forged, body: Secret("{}"))).code
                        == "not-editable")
                let other = String(decoding: try JSONEncoder.stable(issue()), as: UTF8.self)
                await administrator.send(other, Properties(messageID: "a"))
                let reused = try await service.waitForFailure("id-reused", .failed).failureId
                let later = EditFailure<Owner>(
                    failureId: reused, body: Secret(String(decoding: try JSONEncoder.stable(issue()), as: UTF8.self)))
                #expect(try await problem(of: administrator, later).code == "id-taken")
                #expect(try await service.effects() == 1)
            }
        }
    }

    @Test func theHistoryHasEveryAttempt() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            var limits = MessagingLimits.quick
            limits.attemptsKeptMax = 4
            try await service.running(limits) {
                try await client.send([issue(Amount.broken)])
                let id = try await service.waitForFailure("handler-failed", .failed).failureId
                let first = try #require(try await detail(id, client).attempts)
                #expect(first.map(\.code) == ["handler-failed", "handler-failed", "handler-failed"])
                #expect(first.map(\.at) == first.map(\.at).sorted() && first[0].at < first[2].at)
                let redrive = RedriveFailures<Owner>(FailureSelection(failureIds: [id]), redriveId: UUID())
                _ = try await client.requester.call(redrive)
                try await eventually("it has failed again and again") {
                    let now = try await detail(id, client)
                    return now.summary.state == .failed && now.attempts?.count == 4
                }
                // The newest are kept; it has failed six times.
                #expect(try await detail(id, client).attempts?.first?.at ?? first[0].at > first[1].at)
                let told = try await client.requester.call(GetRedrive<Owner>(redriveId: redrive.redriveId ?? UUID()))
                #expect(told == RedriveProgress(waiting: 0, done: 0, failed: 1, discarded: 0))
            }
        }
    }

    @Test func aGroupIsRedrivenAtThePaceThatTheServiceKeeps() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            var limits = MessagingLimits.quick
            limits.retryDelays = []
            try await service.running(limits) {
                try await client.send((0..<10).map { _ in issue(Amount.broken) } + [issue(Amount.unwritable)])
                try await eventually("all have failed") { try await service.failures().count == 11 }
                let groups = try await client.requester.call(FindFailureGroups<Owner>())
                #expect(groups.groups.map(\.count) == [10, 1] && groups.count == 11 && groups.groupCount == 2)
                #expect(groups.groups.map(\.code) == ["handler-failed", "database-refused"])
                let some = try await client.requester.call(
                    FindFailureGroups<Owner>(code: "handler-failed", limit: 4))
                #expect(some.groups.map(\.count) == [4] && some.count == 4)
                service.switches.isBroken = false

                let (slow, fast) = (UUID(), UUID())
                let page = RedriveFailures<Owner>(
                    FailureSelection(code: "handler-failed"), redriveId: slow, perSecond: 0.01, delaySeconds: 60,
                    limit: 6)
                let touched = try await client.requester.call(page)
                let failures = try await service.failures().reversed().filter { $0.code == "handler-failed" }
                #expect(touched.count == 6 && touched.next == failures[5].failureId)
                let due = failures.prefix(6).compactMap(\.retryAt)
                #expect(zip(due, due.dropFirst()).allSatisfy { abs($1.milliseconds - $0.milliseconds - 100_000) <= 1 })
                #expect(touched.lastAt == due.last)
                #expect(failures.dropFirst(6).allSatisfy { $0.state == .failed }, "the page is for the oldest")
                let told = try await client.requester.call(GetRedrive<Owner>(redriveId: slow))
                #expect(told.waiting == 6 && told.done == 0 && told.nextAt == due.first)

                let all = RedriveFailures<Owner>(
                    FailureSelection(type: IssueVoucher.type.description), redriveId: fast)
                #expect(try await client.requester.call(all).count == 11)
                try await eventually("all have been tried") {
                    try await client.requester.call(GetRedrive<Owner>(redriveId: fast)).waiting == 0
                }
                let end = try await client.requester.call(GetRedrive<Owner>(redriveId: fast))
                #expect(end.done == 10 && end.failed == 1)
                #expect(try await service.effects() == 10)
                let gone = try await client.requester.call(GetRedrive<Owner>(redriveId: slow))
                #expect(gone.waiting + gone.done + gone.failed == 0, "they belong to the redrive that came later")
            }
        }
    }

    @Test func aLargeRedriveIsTakenApartAndHoldsUpNobody() async throws {
        try await withServiceAndClient { service, client in
            let count = 1_000
            try await service.file((0..<count).map { $0.isMultiple(of: 250) ? Amount.unwritable : Amount.plain })
            try await service.running {
                let redrive = RedriveFailures<Owner>(FailureSelection(code: "test"), redriveId: UUID())
                let start = ContinuousClock.now
                #expect(try await client.requester.call(redrive).count == count)
                // Somebody else meanwhile.
                _ = try await client.requester.call(issue(), within: .seconds(5))
                let id = try #require(redrive.redriveId)
                try await eventually(within: .seconds(60), "all have been tried") {
                    try await client.requester.call(GetRedrive<Owner>(redriveId: id)).waiting == 0
                }
                print("  \(count) redriven in \(ContinuousClock.now - start)")
                let end = try await client.requester.call(GetRedrive<Owner>(redriveId: id))
                #expect(end.done == count - 4 && end.failed == 4)
                #expect(try await service.effects() == Int64(count - 4 + 1))
                #expect(client.events(FailureRedriven<Owner>.type).count <= count)
            }
        }
    }

    @Test func aMessageWhoseIdIsNotTakenIsFiledOnceWhileItIsOpen() async throws {
        try await withTill { service, administrator, till in
            let (refused, other, id) = (redeem(), redeem(), UUID.version7())
            for _ in 1...3 { #expect(try await problem(of: till, refused, id: id).code == "not-allowed") }
            #expect(try await service.failures().count == 1)
            // Another message under the same id is another.
            #expect(try await problem(of: till, other, id: id).code == "not-allowed")
            #expect(try await service.failures().count == 2)
            let discard = DiscardFailures<Owner>(FailureSelection(code: "not-allowed"), reason: "twice by hand")
            #expect(try await administrator.requester.call(discard).count == 2)
            #expect(try await problem(of: till, refused, id: id).code == "not-allowed")
            let failures = try await service.failures()
            #expect(failures.map(\.state) == [.failed, .discarded, .discarded])
        }
    }

    @Test func anErasedPersonIsGoneFromWhatWasThereBeforeAnEdit() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            var limits = MessagingLimits.quick
            limits.retryDelays = []
            let (ana, bea) = (UUID(), UUID())
            var command = issue(Amount.broken)
            command.personId = ana
            let sent = command
            try await service.running(limits) {
                try await client.send([sent])
                let id = try await service.waitForFailure("handler-failed", .failed).failureId
                func edit(to person: UUID) async throws -> EditFailure<Owner> {
                    let body = try await detail(id, client).body
                    let now = try JSONDecoder().decode(IssueVoucher.self, from: Data(body.utf8))
                    var changed = now
                    changed.personId = person
                    return EditFailure<Owner>(
                        failureId: id, body: Secret(String(decoding: try JSONEncoder.stable(changed), as: UTF8.self)))
                }
                #expect(try await client.requester.call(try await edit(to: bea)).fields == ["personId"])
                let given = try await client.requester.call(ExportPerson<Owner>(requestId: UUID(), personId: ana))
                #expect(given.findings == [PersonFinding("stored-messages", 1, .found)])
                let erased = try await client.requester.call(ErasePerson<Owner>(requestId: UUID(), personId: ana))
                #expect(erased.findings == [PersonFinding("stored-messages", 1, .erased)])
                let left = try await detail(id, client)
                #expect(
                    left.original == nil && left.body.contains(bea.text), "the edited message is about somebody else")
                // Nobody writes them back, and a later edit is not taken for what came.
                #expect(try await problem(of: client, try await edit(to: ana)).code == "person-erased")
                _ = try await client.requester.call(try await edit(to: UUID()))
                #expect(try await detail(id, client).original == nil)
                _ = try await client.requester.call(ErasePerson<Owner>(requestId: UUID(), personId: bea))
                #expect(try await service.failures().count == 1, "they are no longer in it")
            }
        }
    }
}

extension TestService {
    /// Files commands as if they had failed, in the database alone.
    fileprivate func file(_ amounts: [Int64]) async throws {
        let connection = try await Connection.connect(to: database, name: "test")
        try await connection.withTransaction { transaction in
            for amount in amounts {
                let (id, command) = (UUID.version7(), issue(amount))
                let envelope = Envelope(
                    id: command.issueId.text, source: "test", type: IssueVoucher.type.description,
                    user: vhost.address.user)
                let body = try JSONEncoder.stable(command)
                let key = InboxKey(envelope)
                transaction.write(
                    TakeNew(
                        queue: "commands", keys: [key.bytes],
                        contents: [InboxKey.content(type: envelope.type, body: body)], state: .failed))
                transaction.write(
                    FileFailure(
                        failureId: id, queue: "commands", inboxKey: key.bytes, state: FailureCode.failed,
                        type: envelope.type, messageId: envelope.id, user: vhost.address.user, code: "test",
                        reason: "test", attempts: 0, envelope: [UInt8](try JSONEncoder().encode(envelope)),
                        sealedBody: try Self.seal.seal(body, for: id)))
            }
        }
        await connection.close()
    }
}
