import Contracts
import Glibc

/// The earth as a globe: points in metres from its middle, between which a chord is as short as the way over the ground.
enum Globe {
    /// Metres from the middle.
    struct Place: Hashable, Sendable {
        var x: Double
        var y: Double
        var z: Double

        var coordinates: [Double] { [x, y, z] }
    }

    /// The mean radius of the earth (IUGG), in metres.
    static let radius = 6_371_008.8

    /// Where a position is.
    static func place(_ position: Position) -> Place {
        let (north, east) = (position.latitude * .pi / 180, position.longitude * .pi / 180)
        return Place(
            x: radius * cos(north) * cos(east), y: radius * cos(north) * sin(east), z: radius * sin(north))
    }

    /// The chord of a way over the ground, in metres.
    static func chord(ofMetres metres: Double) -> Double {
        2 * radius * sin(min(max(metres, 0) / (2 * radius), .pi / 2))
    }

    /// The way over the ground of a chord, in metres.
    static func metres(ofChord chord: Double) -> Double {
        2 * radius * asin(min(max(chord, 0) / (2 * radius), 1))
    }
}
