/// A service as a type, so that messages which every service answers are declared once: ``FindFailures``, ``GetStatus``.
public protocol ServiceOwner: Sendable {
    /// The service.
    static var name: ServiceName { get }
}

/// The owner of the registry.
public enum CitiesService: ServiceOwner {
    /// The service.
    public static let name = ServiceName.cities
}

/// The owner of the calendar.
public enum EventsService: ServiceOwner {
    /// The service.
    public static let name = ServiceName.events
}

/// The owner of the instrument.
public enum VouchersService: ServiceOwner {
    /// The service.
    public static let name = ServiceName.vouchers
}

/// The owner of the newsroom.
public enum NotificationsService: ServiceOwner {
    /// The service.
    public static let name = ServiceName.notifications
}
