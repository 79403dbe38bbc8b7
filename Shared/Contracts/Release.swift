/// The release of the suite: services and `citycoop` are built together and say the same.
public enum Release {
    /// Major, minor, patch.
    ///
    /// Raised by the commit that is tagged with it.
    public static let current = "1.0.0"
}
