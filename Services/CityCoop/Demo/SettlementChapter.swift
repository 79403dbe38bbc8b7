import Contracts
import FoundationEssentials

/// Shops are paid, and cities settle with one another, as far as the day allows.
struct SettlementChapter {
    private static let reason = "the story of the suite"

    let stage: Stage
    let known: Known

    private var settlements: Settlements { Settlements(stage: stage) }

    func tell() async throws {
        Story.chapter("Shops are paid, and cities settle with one another")
        try await nameAccounts()
        try await setRates()
        var latest = try await stage.ask(FindSettlements(limit: 1)).settlements.first
        if let run = latest, SettlementPlan.isToBeClosed(run, at: Timestamp(Date())) { latest = try await close(run) }
        guard let command = SettlementPlan.next(after: latest, at: Timestamp(Date())) else {
            return Story.tell("Somebody settles here already: the story leaves that alone.", by: FindSettlements.type)
        }
        let settlement = try await settlements.prepare(command)
        tell(of: settlement)
        // What is over and open still has been told of.
        guard !SettlementPlan.isToBeClosed(settlement.run, at: Timestamp(Date())) else { return }
        Story.tell("It can be closed when its last day is over: told another day, the story does, and has the files.")
    }

    // MARK: Accounts

    private func nameAccounts() async throws {
        for (slug, account) in Cast.accounts {
            let city = try known.cities.city(slug)
            _ = try await stage.ask(
                SetSettlementAccount(
                    cityId: city.cityId, name: city.officialName, iban: account.iban, address: account.address,
                    reason: Self.reason))
        }
        for (shop, iban) in Cast.shopAccounts {
            let present = try await stage.ask(GetMerchant(merchantId: shop.id))
            guard present.ibanMasked == nil else { continue }
            _ = try await stage.ask(
                ReviseMerchant(
                    present.merchant, expectedVersion: present.version, iban: iban, reason: Self.reason))
        }
        let cities = try Cast.accounts.map { try known.cities.city($0.city).officialName }.joined(separator: " and ")
        let shops = Cast.shopAccounts.map(\.shop.name).joined(separator: " and ")
        Story.tell("\(cities) say from which account they pay.", by: SetSettlementAccount.type)
        Story.tell("\(shops) say where they are paid.", by: ReviseMerchant.type)
    }

    /// Sets the tax on fees where nobody has; a rate that somebody has set stays.
    private func setRates() async throws {
        for (country, basisPoints) in Cast.feeVATRates {
            let known = try await stage.ask(FindPolicies(country: country)).countries.first
            guard known?.feeVATRates.isEmpty ?? true else { continue }
            _ = try await stage.ask(
                SetFeeVATRate(
                    country: country, firstDay: Cast.firstDay, basisPoints: basisPoints, reason: Self.reason))
        }
        Story.tell("An administrator says which tax is on what shops pay for the service.", by: SetFeeVATRate.type)
    }

    // MARK: Runs

    /// Closes a run whose days are over; returns how it stands then.
    private func close(_ run: SettlementRun) async throws -> SettlementRun {
        if run.state == .preparing || run.state == .prepared {
            let settlement = try await settlements.prepare(PrepareSettlement(runId: run.runId, period: run.period))
            guard try await isClosable(settlement) else { return settlement.run }
            // Banks cannot pay in the past, and midnight may be near.
            let payDay = Day(of: Timestamp(Date())).advanced(by: 1)
            _ = try await stage.ask(CloseSettlement(runId: run.runId, executeOn: payDay, reason: Self.reason))
        }
        let closed = try await settlements.closed(run.runId)
        let last = run.period.until.map { $0.advanced(by: -1) } ?? run.period.from
        Story.tell("The days up to \(last) are over: their settlement is closed for ever.", by: CloseSettlement.type)
        for debtor in closed.debtors { try await openFile(of: debtor, in: run) }
        return closed.run
    }

    /// Whether nothing is missing, and nobody but shops of the story would be paid.
    private func isClosable(_ settlement: GetSettlement.Reply) async throws -> Bool {
        guard settlement.obstacles.isEmpty else {
            Story.tell("A run that is over stays open, because of \(names(of: settlement.obstacles)).")
            return false
        }
        let page = try await stage.ask(FindStatements(runId: settlement.run.runId, limit: 100))
        let own = Set(Cast.shops.map(\.id))
        guard page.next == nil, page.statements.allSatisfy({ own.contains($0.merchantId) }) else {
            Story.tell("A run that is over stays open: real shops are in it, and the story pays nobody but its own.")
            return false
        }
        return true
    }

    private func names(of obstacles: [SettlementObstacle]) -> String {
        Set(obstacles.map(\.code)).sorted().joined(separator: ", ")
    }

    // MARK: Telling

    private func tell(of settlement: GetSettlement.Reply) {
        let run = settlement.run
        let last = run.period.until.map { $0.advanced(by: -1) } ?? run.period.from
        for total in settlement.totals {
            func money(_ amount: Int64) -> Money { Money(amount, total.currency) }
            Story.tell(
                """
                \(run.period.from) to \(last): \(money(total.redeemed)) were spent, \(money(total.reversed)) taken back, \
                \(money(total.carriedIn)) left from before: \(money(total.paidOut)) are due to \(total.statements) shops.
                """, by: PrepareSettlement.type)
        }
        for pair in settlement.pairs where pair.owes != pair.isOwed {
            let net = pair.owes &- pair.isOwed
            let (payer, payee) = net > 0 ? (pair.cityId, pair.otherCityId) : (pair.otherCityId, pair.cityId)
            Story.tell(
                """
                \(known.name(of: payer)) owes \(known.name(of: payee)) \(Money(Int64(clamping: net.magnitude), pair.currency)), \
                because each pays its own shops.
                """, by: GetSettlement.type)
        }
    }

    /// Opens the file that a city gives its bank.
    private func openFile(of debtor: GetSettlement.Debtor, in run: SettlementRun) async throws {
        guard debtor.currency == "EUR", debtor.parts == 1 else { return }
        let file = try await stage.ask(
            GetPaymentFile(runId: run.runId, cityId: debtor.cityId, currency: debtor.currency, format: .pain001))
        let control = try PaymentFileControl(file)
        guard file.sum == debtor.sum, control.sum == file.sum, control.payments == file.payouts else {
            throw CommandFailure(.refused, "\(file.name) has another sum than the settlement.")
        }
        let isParsed = Desk.has("xmllint")
        if isParsed {
            try await Desk.with { desk in
                try desk.write(file.content.revealed, to: "payments.xml")
                try await desk.run("xmllint", ["--noout", "--nonet", desk.path("payments.xml")])
            }
        }
        let form = isParsed ? "well-formed XML" : "XML which nothing here can parse"
        let payments = file.payouts == 1 ? "payment" : "payments"
        Story.tell(
            """
            \(known.name(of: debtor.cityId))'s file for its bank is \(form): \(file.payouts) \(payments), control sum \
            \(Money(control.sum, debtor.currency)).
            """, by: GetPaymentFile.type)
    }
}

/// What a payment file says of itself.
struct PaymentFileControl: Equatable {
    /// In cents.
    let sum: Int64
    let payments: Int

    /// Reads it; throws if the file is not the one that was told of, or says nothing.
    init(_ file: GetPaymentFile.Reply) throws(CommandFailure) {
        let text = file.content.revealed
        guard text.utf8.sha256 == file.sha256, let sum = Self.text(of: "CtrlSum", in: text).flatMap(Self.cents),
            let payments = Self.text(of: "NbOfTxs", in: text).flatMap({ Int($0) })
        else { throw CommandFailure(.refused, "\(file.name) is no payment file.") }
        self.sum = sum
        self.payments = payments
    }

    /// What stands in the first element of a name.
    private static func text(of element: String, in xml: String) -> Substring? {
        guard let start = xml.firstRange(of: "<\(element)>"),
            let end = xml[start.upperBound...].firstRange(of: "</\(element)>")
        else { return nil }
        return xml[start.upperBound..<end.lowerBound]
    }

    /// `12.50` as 1250.
    private static func cents(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 2 else { return nil }
        return Int64(parts[0] + parts[1])
    }
}

extension Known {
    /// What people call a city; its id if it is not of the story.
    func name(of id: UUID) -> String {
        cities.first { $0.cityId == id }?.officialName ?? id.text
    }
}
