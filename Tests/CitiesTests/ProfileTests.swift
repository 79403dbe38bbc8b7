import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Profiles are drafted, reviewed, published, and kept.
@Suite struct ProfileTests {
    private static func texts(_ claim: String) -> ProfileTexts {
        ProfileTexts(
            theme: ["de": "Stadt des Weins", "sl": "Mesto vina"], claim: ["de": claim],
            description: ["de": "Erster Absatz.\n\nZweiter Absatz: \"ü\" \\ 🍇."])
    }

    @Test func noOrderOfStepsBreaksALife() {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<300 {
            let city = UUID()
            var profiles = Profiles(cities: [city], newest: [])
            var kept: [Int64: Profile] = [:]
            for step in 0..<20 {
                let now = Timestamp(milliseconds: Int64(step) * 1_000)
                let newest = kept.keys.max() ?? 0
                let expected = max(1, newest + Int64.random(in: -1...1, using: &generator))
                let change =
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0:
                        profiles.draft(
                            DraftProfile(cityId: city, texts: Self.texts("\(step)"), expectedVersion: newest), at: now)
                    case 1:
                        profiles.review(ReviewProfile(cityId: city, expectedVersion: expected), by: "editor", at: now)
                    default:
                        profiles.publish(PublishProfile(cityId: city, expectedVersion: expected), at: now)
                    }
                guard case .changed(let profile) = change else { continue }
                let before = kept[profile.version]
                switch profile.state {
                case .drafted: #expect(before == nil && profile.version == newest + 1)
                case .reviewed: #expect(before?.state == .drafted && profile.reviewedBy == "editor")
                case .published: #expect(before?.state == .reviewed && profile.publishedAt == now)
                }
                #expect(before == nil || before?.texts == profile.texts, "what was written stays as it was written")
                #expect(profile.version >= newest, "only the newest version goes on")
                kept[profile.version] = profile
            }
            #expect(profiles.changes == kept.values.sorted { $0.version < $1.version })
        }
    }

    @Test func aProfileIsShownWhenItIsPublishedAndEarlierOnesStay() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let city = sampleCity("ormoz")
            let id = city.cityId
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let draft = DraftProfile(cityId: id, texts: Self.texts("Eins"), expectedVersion: 0)
            let drafted = try await bench.run(DraftProfiles(), [draft, draft])
            #expect(try drafted.reply(1, to: DraftProfile.self).state == .drafted)
            #expect(try drafted.events(ProfileDrafted.self).map(\.version) == [1])
            #expect(drafted.events.count == 1, "a repeat says nothing")
            let unknown = await #expect(throws: Problem.self) {
                try await bench.ask(GetProfileVersion(), GetProfile(cityId: id))
            }
            #expect(unknown?.code == "profile-unknown")

            let publish = PublishProfile(cityId: id, expectedVersion: 1)
            #expect(try await bench.run(PublishProfiles(), [publish]).problem()?.code == "profile-not-reviewed")
            let review = ReviewProfile(cityId: id, expectedVersion: 1)
            let reviewed = try await bench.run(ReviewProfiles(), [review, review], user: "ormoz-editor")
            #expect(try reviewed.events(ProfileReviewed.self).map(\.version) == [1])
            #expect(reviewed.events.count == 1)
            let published = try await bench.run(PublishProfiles(), [publish])
            #expect(try published.events(ProfilePublished.self).map(\.texts) == [draft.texts])
            #expect(published.events.map(\.sequence) == [1])
            #expect(try await bench.run(PublishProfiles(), [publish]).events.isEmpty)
            let shown = try await bench.ask(GetProfileVersion(), GetProfile(cityId: id))
            #expect(shown.texts == draft.texts && shown.state == .published && shown.reviewedBy == "ormoz-editor")

            // A new draft while one is published.
            let second = DraftProfile(cityId: id, texts: Self.texts("Zwei"), expectedVersion: 1)
            _ = try await bench.run(DraftProfiles(), [second])
            #expect(try await bench.ask(GetProfileVersion(), GetProfile(cityId: id)) == shown)
            #expect(
                try await bench.ask(GetProfileVersion(), GetProfile(cityId: id, version: 2)).texts == second.texts)
            #expect(try await bench.run(PublishProfiles(), [publish]).problem()?.code == "version-differs")
            #expect(try await bench.run(DraftProfiles(), [draft]).problem()?.code == "version-differs")
            _ = try await bench.run(ReviewProfiles(), [ReviewProfile(cityId: id, expectedVersion: 2)])
            _ = try await bench.run(PublishProfiles(), [PublishProfile(cityId: id, expectedVersion: 2)])
            #expect(try await bench.ask(GetProfileVersion(), GetProfile(cityId: id)).version == 2)
            #expect(try await bench.ask(GetProfileVersion(), GetProfile(cityId: id, version: 1)) == shown)
        }
    }

    @Test func everyStepLeavesARowInTheAudit() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let city = sampleCity("ormoz")
            let id = city.cityId
            _ = try await bench.run(RegisterCities(), [RegisterCity(city)])
            let draft = DraftProfile(cityId: id, texts: Self.texts("Eins"), expectedVersion: 0, reason: "new claim")
            let review = ReviewProfile(cityId: id, expectedVersion: 1, reason: "read in the council")
            let publish = PublishProfile(cityId: id, expectedVersion: 1, reason: "fair of 2027")
            for _ in 0...1 {
                _ = try await bench.run(DraftProfiles(), [draft], user: "ormoz-writer")
                _ = try await bench.run(ReviewProfiles(), [review], user: "ormoz-editor")
                _ = try await bench.run(PublishProfiles(), [publish], user: "ormoz-mayor")
            }
            let steps = try await bench.audit(of: CitiesService.self).dropFirst()
            #expect(
                steps.map(\.eventType) == [
                    ProfileDrafted.type.description, ProfileReviewed.type.description,
                    ProfilePublished.type.description,
                ])
            #expect(steps.map(\.causeType).last == PublishProfile.type.description)
            #expect(steps.map { $0.person?.actor } == ["ormoz-writer", "ormoz-editor", "ormoz-mayor"])
            #expect(steps.map { $0.person?.reason } == [draft.reason, review.reason, publish.reason])
            #expect(steps.allSatisfy { $0.auditedId == id && $0.version == 1 })
        }
    }

    @Test func aCityThatIsNotThereHasNoProfile() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let draft = DraftProfile(cityId: UUID(), texts: Self.texts("Eins"), expectedVersion: 0)
            let drafted = try await bench.run(DraftProfiles(), [draft])
            #expect(drafted.problem()?.code == "city-unknown")
            let review = ReviewProfile(cityId: draft.cityId, expectedVersion: 1)
            let reviewed = try await bench.run(ReviewProfiles(), [review])
            #expect(reviewed.problem()?.code == "city-unknown")
        }
    }
}
