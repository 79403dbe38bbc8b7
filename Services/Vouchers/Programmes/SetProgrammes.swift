import Contracts
import FoundationEssentials
import Messaging

/// Makes programmes, and gives them other terms: `vouchers.set-programme.v1`.
struct SetProgrammes: Handler {
    static let access: AccessRule<SetProgramme> = .editors { $0.issuerCityId }

    func handle(_ batch: Batch<SetProgramme>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.programmeId)).sorted()
        let cities = Set(batch.messages.flatMap { [$0.issuerCityId] + ($0.terms.acceptedIn ?? []) }).sorted()
        let (_, known, countries, policies) = try await transaction.execute(
            LockProgrammes(ids: ids), ReadProgrammes(ids: ids), ReadCountries(ids: cities), ReadExpiryPolicies())
        var generator = SystemRandomNumberGenerator()
        var programmes = Programmes(cities: countries, policies: policies, known: known)
        for command in batch.messages {
            switch programmes.set(command.message.plain, at: Timestamp(batch.now), using: &generator) {
            case .changed(let programme):
                transaction.publish(ProgrammeSet(programme), answering: command, with: programme.reply)
            case .repeated(let programme): transaction.answer(command, with: programme.reply)
            case .refused(let refusal): transaction.refuse(command, refusal.problem)
            }
        }
        guard !programmes.changes.isEmpty else { return }
        transaction.write(WriteProgrammes(programmes: programmes.changes))
        transaction.write(InsertTerms(programmes: programmes.newTerms, now: batch.now))
    }
}

extension SetProgramme {
    /// Without saying no where saying nothing is the same: two ways to say it would be two terms.
    var plain: SetProgramme {
        var plain = self
        if plain.terms.giftsRedeemableForCash == false { plain.terms.giftsRedeemableForCash = nil }
        return plain
    }
}

extension VouchersDefinition {
    /// Programmes and the law that they are under.
    static func addProgrammes(_ handlers: inout HandlerSet<VouchersService>) {
        handlers.add(SetProgrammes())
        handlers.add(FindProgrammesOfCities())
        handlers.add(GetProgrammeByID())
    }
}
