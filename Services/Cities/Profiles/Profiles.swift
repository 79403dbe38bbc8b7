import Contracts
import FoundationEssentials

/// A version of a city's profile as its row says.
struct Profile: Hashable, Sendable {
    var cityId: UUID
    var version: Int64
    var state: ProfileState
    var texts: ProfileTexts
    var draftedAt: Timestamp
    /// The broker user.
    var reviewedBy: String?
    var reviewedAt: Timestamp?
    var publishedAt: Timestamp?

    /// What the asker is answered.
    var step: ProfileStep { ProfileStep(cityId: cityId, version: version, state: state) }

    /// What whoever reads it is answered.
    var reply: GetProfile.Reply {
        GetProfile.Reply(
            cityId: cityId, version: version, state: state, texts: texts, draftedAt: draftedAt, reviewedBy: reviewedBy,
            reviewedAt: reviewedAt, publishedAt: publishedAt)
    }
}

/// Decides steps in the life of profiles, one after the other; load it with the newest version of each city's.
///
/// Only the newest version goes on, and only forward: drafted, reviewed, published. A new draft leaves every earlier version as
/// it is, so what is published stays published until a later version is.
struct Profiles: Sendable {
    private let cities: Set<UUID>
    private var newest: [UUID: Profile]
    private var changed: [UUID: [Int64: Profile]] = [:]

    init(cities: some Sequence<UUID>, newest: [Profile]) {
        self.cities = Set(cities)
        self.newest = Dictionary(newest.map { ($0.cityId, $0) }) { first, _ in first }
    }

    /// Writes a new version.
    mutating func draft(_ command: DraftProfile, at now: Timestamp) -> Change<Profile> {
        guard cities.contains(command.cityId) else { return .refused(RegistryRefusalReason.cityUnknown.problem) }
        let known = newest[command.cityId]
        let version = known?.version ?? 0
        if let known, known.texts == command.texts, version == command.expectedVersion + 1 { return .repeated(known) }
        guard version == command.expectedVersion else { return .refused(.versionDiffers(version)) }
        return change(
            Profile(
                cityId: command.cityId, version: version + 1, state: .drafted, texts: command.texts, draftedAt: now))
    }

    /// Notes that somebody has read the newest version and finds it good.
    mutating func review(_ command: ReviewProfile, by reviewer: String?, at now: Timestamp) -> Change<Profile> {
        switch known(command.cityId, command.expectedVersion) {
        case .failure(let problem): return .refused(problem)
        case .success(var profile):
            guard profile.state == .drafted else { return .repeated(profile) }
            profile.state = .reviewed
            (profile.reviewedBy, profile.reviewedAt) = (reviewer, now)
            return change(profile)
        }
    }

    /// Shows the newest version to everybody, if it was reviewed.
    mutating func publish(_ command: PublishProfile, at now: Timestamp) -> Change<Profile> {
        switch known(command.cityId, command.expectedVersion) {
        case .failure(let problem): return .refused(problem)
        case .success(var profile):
            switch profile.state {
            case .drafted:
                return .refused(Problem("profile-not-reviewed", "Nobody has reviewed this version yet."))
            case .published: return .repeated(profile)
            case .reviewed:
                profile.state = .published
                profile.publishedAt = now
                return change(profile)
            }
        }
    }

    private func known(_ cityId: UUID, _ version: Int64) -> Result<Profile, Problem> {
        guard cities.contains(cityId) else { return .failure(RegistryRefusalReason.cityUnknown.problem) }
        guard let profile = newest[cityId], version <= profile.version else { return .failure(.profileUnknown) }
        return profile.version == version ? .success(profile) : .failure(.versionDiffers(profile.version))
    }

    private mutating func change(_ profile: Profile) -> Change<Profile> {
        newest[profile.cityId] = profile
        changed[profile.cityId, default: [:]][profile.version] = profile
        return .changed(profile)
    }

    /// What is to be written, by city and version.
    var changes: [Profile] {
        changed.values.flatMap(\.values).sorted { ($0.cityId, $0.version) < ($1.cityId, $1.version) }
    }
}

extension Problem {
    /// There is no such profile, or no such version of it.
    static var profileUnknown: Problem { Problem("profile-unknown", "There is no such profile.") }
}
