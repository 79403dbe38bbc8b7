import Contracts
import FoundationEssentials
import Messaging

/// Registers partner organisations, and revises them: `cities.register-partner.v1`.
struct RegisterPartners: Handler {
    static let access = AccessRule<RegisterPartner>.administrators

    func handle(_ batch: Batch<RegisterPartner>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.partner.partnerId)).sorted()
        let (_, known, cities) = try await transaction.execute(
            LockPartners(ids: ids), ReadPartners(ids: ids),
            FindCityIDs(ids: Set(batch.messages.flatMap(\.partner.cityIds)).sorted()))
        var partners = Partners(cities: cities, known: known)
        for request in batch.messages {
            switch partners.register(request.message) {
            case .changed(let partner):
                transaction.publish(partner.event, answering: request, with: partner.reply)
            case .repeated(let partner): transaction.answer(request, with: partner.reply)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        guard !partners.changes.isEmpty else { return }
        let old = Set(known.map(\.facts.partnerId))
        let revised = partners.changes.filter { old.contains($0.facts.partnerId) }
        transaction.write(UpdatePartners(partners: revised))
        transaction.write(InsertPartners(partners: partners.changes.filter { !old.contains($0.facts.partnerId) }))
        transaction.write(DeletePartnerCities(ids: revised.map(\.facts.partnerId)))
        transaction.write(InsertPartnerCities(partners: partners.changes))
    }
}
