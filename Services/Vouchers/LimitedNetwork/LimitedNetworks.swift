import Contracts
import FoundationEssentials

/// What must be notified in a country.
struct NetworkLimit: Hashable, Sendable {
    /// ISO 3166-1, two letters.
    var country: String
    var limit: Money
    /// From which part of it on somebody should know.
    var warnPercent: Int

    /// How near a sum is.
    func level(of issued: Int64) -> LimitedNetworkLevel {
        if issued > limit.amount { return .exceeded }
        return Int128(issued) * 100 >= Int128(limit.amount) * Int128(warnPercent) ? .warning : .below
    }
}

/// What a city issued in a currency within twelve months.
struct IssuedSum: Hashable, Sendable {
    var issuerCityId: UUID
    var country: String
    var issued: Money
}

/// Whose level it is: that of an issuer, or of all issuers of a country.
struct NetworkScope: Hashable, Sendable {
    var country: String
    var issuerCityId: UUID?
}

/// A level as it was said last.
struct NotedLevel: Hashable, Sendable {
    var scope: NetworkScope
    var level: LimitedNetworkLevel
}

/// Measures sums against limits, and decides what is new.
struct LimitedNetworks: Sendable {
    /// By country, the sum of a country first, then by issuer.
    let lines: [LimitedNetworkLine]

    init(_ sums: [IssuedSum], limits: [NetworkLimit]) {
        lines = limits.sorted { $0.country < $1.country }.flatMap { limit in
            let issuers = sums.filter { $0.country == limit.country && $0.issued.currency == limit.limit.currency }
            func line(_ issuer: UUID?, _ issued: Int64) -> LimitedNetworkLine {
                LimitedNetworkLine(
                    issuerCityId: issuer, country: limit.country, issued: Money(issued, limit.limit.currency),
                    limit: limit.limit, level: limit.level(of: issued))
            }
            let total = issuers.reduce(Int64(0)) { sum, issuer in
                let (value, isTooLarge) = sum.addingReportingOverflow(issuer.issued.amount)
                return isTooLarge ? .max : value
            }
            return issuers.isEmpty
                ? []
                : [line(nil, total)]
                    + issuers.sorted { $0.issuerCityId < $1.issuerCityId }.map {
                        line($0.issuerCityId, $0.issued.amount)
                    }
        }
    }

    /// The levels that differ from those that were noted; where nothing was issued any more there is room.
    func changes(since noted: [NetworkScope: LimitedNetworkLevel]) -> [NetworkScope: LimitedNetworkLevel] {
        var changes = noted.filter { $0.value != .below }.mapValues { _ in LimitedNetworkLevel.below }
        for line in lines {
            let scope = NetworkScope(country: line.country, issuerCityId: line.issuerCityId)
            changes[scope] = noted[scope] ?? .below == line.level ? nil : line.level
        }
        return changes
    }

    /// The lines that somebody should hear of: their level is higher than it was.
    func warnings(since noted: [NetworkScope: LimitedNetworkLevel]) -> [LimitedNetworkLine] {
        lines.filter { line in
            let scope = NetworkScope(country: line.country, issuerCityId: line.issuerCityId)
            return line.level.rank > (noted[scope] ?? .below).rank
        }
    }
}

extension LimitedNetworkLevel {
    fileprivate var rank: Int {
        switch self {
        case .below: 0
        case .warning: 1
        case .exceeded: 2
        }
    }
}
