import Contracts
import FoundationEssentials

/// Why a programme is not set.
enum ProgrammeRefusal: Error, Hashable, Sendable {
    case cityUnknown
    case policyUnknown(country: String)
    case validityMissing(country: String)
    case validityTooShort(country: String, months: Int)
    /// Cities that are not in the country of the rate.
    case vatWidened(country: String)
    case vatDiffers
    case programmeDiffers
    case programmeUnknown
    case versionDiffers(present: Int64)

    var problem: Problem {
        switch self {
        case .cityUnknown: Problem("city-unknown", "One of these cities is not known here yet.", retryable: true)
        case .policyUnknown(let country):
            Problem("policy-unknown", "Nobody has said how long a voucher lives in \(country).")
        case .validityMissing(let country):
            Problem(
                "validity-missing", "A voucher of \(country) says how long it can be spent.",
                fields: ["terms.validity": "must be there"])
        case .validityTooShort(let country, let months):
            Problem(
                "validity-too-short", "A voucher of \(country) can be spent for longer.",
                fields: ["terms.validity.months": "must be at least \(months)"])
        case .vatWidened(let country):
            Problem(
                "vat-widened", "A single-purpose voucher is taken in the country of its rate only.",
                fields: ["terms.acceptedIn": "has a city that is not in \(country)"])
        case .vatDiffers:
            Problem("vat-differs", "When tax is due, where and at which rate is decided once for a programme.")
        case .programmeDiffers: Problem("programme-differs", "This programme id is used for another programme.")
        case .programmeUnknown: Problem.programmeUnknown
        case .versionDiffers(let present):
            Problem(
                "version-differs", "Somebody has changed this meanwhile.",
                fields: ["expectedVersion": "the present version is \(present)"])
        }
    }
}

extension Problem {
    /// The same words for one that is another city's.
    static let programmeUnknown = Problem("programme-unknown", "There is no such programme.")
}

/// What becomes of a command that sets a programme.
enum ProgrammeDecision: Hashable, Sendable {
    /// It is so now: answer, and tell.
    case changed(Programme)
    /// It was so before: answer, and tell nobody.
    case repeated(Programme)
    /// Answer with the problem.
    case refused(ProgrammeRefusal)
}

extension Programme {
    /// What the asker is answered.
    var reply: SetProgramme.Reply {
        SetProgramme.Reply(
            programmeId: programmeId, termsId: termsId, termsNumber: termsNumber, limitation: limitation,
            version: version)
    }

    /// Whether the programme says what a command says.
    fileprivate func says(_ command: SetProgramme) -> Bool {
        issuerCityId == command.issuerCityId && name == command.name && soldUntil == command.soldUntil
            && terms == command.terms
    }
}

/// Decides a batch of programmes, one after the other.
///
/// Load it with the programmes that have one of its ids, the cities that it names and are known, and the policies of all
/// countries.
struct Programmes: Sendable {
    private let countries: [UUID: String]
    private let policies: [String: ExpiryPolicy]
    private var programmes: [UUID: Programme]
    private var changed: Set<UUID> = []
    /// Terms that are new, by programme and number: a batch may make several of one programme.
    private(set) var newTerms: [Programme] = []

    init(cities: [KnownCity], policies: [ExpiryPolicy], known: [Programme]) {
        countries = Dictionary(cities.compactMap { city in city.country.map { (city.cityId, $0) } }) { first, _ in first
        }
        self.policies = Dictionary(policies.map { ($0.country, $0) }) { first, _ in first }
        programmes = Dictionary(known.map { ($0.programmeId, $0) }) { first, _ in first }
    }

    /// Decides one command; ids of terms come from `generator`.
    mutating func set(
        _ command: SetProgramme, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> ProgrammeDecision {
        let known = programmes[command.programmeId]
        if let known, repeats(command, known) { return .repeated(known) }
        do {
            try check(command, over: known)
            let limitation = try limitation(for: command)
            let programme = next(known, command, limitation, now, &generator)
            programmes[command.programmeId] = programme
            changed.insert(command.programmeId)
            if programme.termsId != known?.termsId { newTerms.append(programme) }
            return .changed(programme)
        } catch {
            return .refused(error)
        }
    }

    /// What is to be written, by id.
    var changes: [Programme] {
        changed.compactMap { programmes[$0] }.sorted { $0.programmeId < $1.programmeId }
    }

    /// Whether a command says what is so; one that has seen the present version asks for the law of today as well.
    private func repeats(_ command: SetProgramme, _ known: Programme) -> Bool {
        guard known.says(command) else { return false }
        guard command.expectedVersion == known.version else {
            return [nil, known.version - 1].contains(command.expectedVersion)
        }
        let policy = countries[command.issuerCityId].flatMap { policies[$0] }
        return policy.map { $0.limitation == known.limitation } ?? true
    }

    /// Throws if a command does not fit what is there.
    private func check(_ command: SetProgramme, over known: Programme?) throws(ProgrammeRefusal) {
        guard let expected = command.expectedVersion else {
            if known != nil { throw .programmeDiffers }
            return
        }
        // One of another city is answered as if it did not exist: the sender speaks for the city that it names.
        guard let known, known.issuerCityId == command.issuerCityId else { throw .programmeUnknown }
        guard known.version == expected else { throw .versionDiffers(present: known.version) }
        let (old, new) = (known.terms, command.terms)
        guard old.vat == new.vat, old.vatRate == new.vatRate else { throw .vatDiffers }
    }

    /// How long the money can be claimed; throws if the law or the tax does not allow these terms.
    private func limitation(for command: SetProgramme) throws(ProgrammeRefusal) -> Limitation? {
        let accepting = command.terms.acceptedIn ?? []
        guard let country = countries[command.issuerCityId], accepting.allSatisfy({ countries[$0] != nil }) else {
            throw .cityUnknown
        }
        guard let policy = policies[country] else { throw .policyUnknown(country: country) }
        if let refusal = policy.refusal(of: command.terms.validity) { throw refusal }
        if let rate = command.terms.vatRate, !accepting.allSatisfy({ countries[$0] == rate.country }) {
            throw .vatWidened(country: rate.country)
        }
        return policy.limitation
    }

    private func next(
        _ known: Programme?, _ command: SetProgramme, _ limitation: Limitation?, _ now: Timestamp,
        _ generator: inout some RandomNumberGenerator
    ) -> Programme {
        let isSame = known.map { $0.terms == command.terms && $0.limitation == limitation } ?? false
        let termsId = isSame ? known?.termsId : nil
        return Programme(
            programmeId: command.programmeId, issuerCityId: command.issuerCityId, name: command.name,
            soldUntil: command.soldUntil, terms: command.terms, limitation: limitation,
            termsId: termsId ?? UUID.version7(at: now, using: &generator),
            termsNumber: (known?.termsNumber ?? 0) + (isSame ? 0 : 1), version: (known?.version ?? 0) + 1)
    }
}
