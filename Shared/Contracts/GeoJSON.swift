public import FoundationEssentials

// GeoJSON as RFC 7946 has it: what these types write, a map takes as it is.

/// A page of features; `next` is a foreign member, which maps do not look at.
public struct FeatureCollection<Properties: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// What kind of object it is.
    public enum Kind: String, Codable, Sendable {
        /// The only kind.
        case featureCollection = "FeatureCollection"
    }

    /// `FeatureCollection`.
    public var type = Kind.featureCollection
    /// The features; fewer than asked for where more would make too large a message.
    public var features: [Feature<Properties>]
    /// What to send as `after` for the next page; absent on the last.
    public var next: String?

    /// Makes a page.
    public init(features: [Feature<Properties>], next: String?) {
        self.features = features
        self.next = next
    }
}

/// A thing at a point.
public struct Feature<Properties: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    /// What kind of object it is.
    public enum Kind: String, Codable, Sendable {
        /// The only kind.
        case feature = "Feature"
    }

    /// `Feature`.
    public var type = Kind.feature
    /// The thing.
    public var id: UUID
    /// Where it is.
    public var geometry: Point
    /// What it says of itself.
    public var properties: Properties

    /// Makes a feature.
    public init(id: UUID, at position: Position, properties: Properties) {
        self.id = id
        geometry = Point(position)
        self.properties = properties
    }
}

/// A position as a geometry: longitude first, and in WGS 84.
public struct Point: Codable, Equatable, Sendable {
    /// What kind of object it is.
    public enum Kind: String, Codable, Sendable {
        /// The only kind.
        case point = "Point"
    }

    /// `Point`.
    public var type = Kind.point
    /// Longitude and latitude.
    public var coordinates: [Double]

    /// Makes a geometry.
    public init(_ position: Position) {
        coordinates = [position.longitude, position.latitude]
    }
}
