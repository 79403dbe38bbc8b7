import Contracts

/// What a city counts, and that a figure which was corrected is not forgotten.
struct FigureChapter {
    let stage: Stage
    let cities: [CityFacts]

    /// The same figures each time: a second telling finds them there.
    func tell() async throws {
        Story.chapter("A city counts its empty shops")
        guard let quarter = IndicatorPeriod("2025-Q4"), let early = DecimalNumber("12.5"),
            let late = DecimalNumber("11.8")
        else { preconditionFailure("a period and two numbers") }
        let lendava = try cities.city("lendava")
        let history = GetIndicatorHistory(cityId: lendava.cityId, indicator: "vacancy-rate", period: quarter)
        for (value, status) in [(early, IndicatorStatus.provisional), (late, .final)] {
            // The provisional figure was told in an earlier run: it stays where the final one stands.
            let known = try? await stage.ask(history).revisions
            if known?.contains(where: { $0.value == value }) == true { continue }
            let figure = SetIndicator.Value(
                indicator: "vacancy-rate", period: quarter, value: value, unit: "%", source: "made up for this story",
                status: status)
            _ = try await stage.ask(SetIndicator(cityId: lendava.cityId, values: [figure]))
        }
        let found = try await stage.ask(FindIndicators(cityId: lendava.cityId, from: quarter, until: quarter)).values
        for figure in found {
            Story.tell(
                "\(lendava.officialName), \(figure.period): \(figure.value.rawValue) \(figure.unit), \(figure.status)",
                by: SetIndicator.type)
        }
        let earlier = try await stage.ask(history).revisions.dropFirst().map(\.value.rawValue)
        Story.tell(
            "Before it was revised it was \(earlier.joined(separator: ", ")): no figure is forgotten.",
            by: GetIndicatorHistory.type)
    }
}
