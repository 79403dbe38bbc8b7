import Contracts
import FoundationEssentials
import Messaging

// The steps of a profile: each locks the cities it is about, decides over the newest versions, and writes what changed.

/// Writes new versions of profiles: `cities.draft-profile.v1`.
struct DraftProfiles: Handler {
    static let access = AccessRule<DraftProfile>.editors(of: \.cityId)

    func handle(_ batch: Batch<DraftProfile>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        var profiles = try await transaction.profiles(of: batch.messages.map(\.cityId))
        for request in batch.messages {
            switch profiles.draft(request.message, at: now) {
            case .changed(let profile):
                transaction.publish(
                    ProfileDrafted(cityId: profile.cityId, version: profile.version, draftedAt: now),
                    answering: request, with: profile.step)
            case .repeated(let profile): transaction.answer(request, with: profile.step)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        transaction.write(profiles)
    }
}

/// Notes who has read a version and finds it good: `cities.review-profile.v1`.
struct ReviewProfiles: Handler {
    static let access = AccessRule<ReviewProfile>.editors(of: \.cityId)

    func handle(_ batch: Batch<ReviewProfile>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        var profiles = try await transaction.profiles(of: batch.messages.map(\.cityId))
        for request in batch.messages {
            switch profiles.review(request.message, by: request.envelope.user, at: now) {
            case .changed(let profile):
                transaction.publish(
                    ProfileReviewed(cityId: profile.cityId, version: profile.version, reviewedAt: now),
                    answering: request, with: profile.step)
            case .repeated(let profile): transaction.answer(request, with: profile.step)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        transaction.write(profiles)
    }
}

/// Shows reviewed versions to everybody: `cities.publish-profile.v1`.
struct PublishProfiles: Handler {
    static let access = AccessRule<PublishProfile>.editors(of: \.cityId)

    func handle(_ batch: Batch<PublishProfile>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        var profiles = try await transaction.profiles(of: batch.messages.map(\.cityId))
        for request in batch.messages {
            switch profiles.publish(request.message, at: now) {
            case .changed(let profile):
                transaction.publish(
                    ProfilePublished(
                        cityId: profile.cityId, texts: profile.texts, version: profile.version, publishedAt: now),
                    answering: request, with: profile.step)
            case .repeated(let profile): transaction.answer(request, with: profile.step)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        transaction.write(profiles)
    }
}

extension MessageTransaction {
    fileprivate mutating func profiles(of cityIds: [UUID]) async throws -> Profiles {
        let ids = Set(cityIds).sorted()
        let (cities, newest) = try await execute(LockCities(ids: ids), ReadNewestProfiles(cityIds: ids))
        return Profiles(cities: cities, newest: newest)
    }

    fileprivate mutating func write(_ profiles: Profiles) {
        if !profiles.changes.isEmpty { write(WriteProfiles(profiles: profiles.changes)) }
    }
}
