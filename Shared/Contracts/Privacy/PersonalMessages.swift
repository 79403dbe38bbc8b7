public import FoundationEssentials

/// A message that is about a person, by their opaque id.
///
/// Once the person is erased it is refused with `person-erased`, before a handler sees it; and where it waits, it is erased
/// with the person.
public protocol PersonalMessage: Message {
    /// The person; `nil` where this one is about nobody.
    var personConcerned: UUID? { get }
}

extension SetContact: PersonalMessage {
    /// Whose contact it is.
    public var personConcerned: UUID? { personId }
}

extension NotificationDelivered: PersonalMessage {
    /// Who was told.
    public var personConcerned: UUID? { personId }
}

extension RegisterForEvent: PersonalMessage {
    /// Who comes.
    public var personConcerned: UUID? { personId }
}

extension PersonRegistered: PersonalMessage {
    /// Who comes.
    public var personConcerned: UUID? { registration.personId }
}

extension PersonWaitlisted: PersonalMessage {
    /// Who waits.
    public var personConcerned: UUID? { registration.personId }
}

extension PersonPromoted: PersonalMessage {
    /// Who has waited.
    public var personConcerned: UUID? { registration.personId }
}

extension RegistrationCancelled: PersonalMessage {
    /// Who does not come.
    public var personConcerned: UUID? { registration.personId }
}

extension IssueVoucher: PersonalMessage {
    /// Who is told.
    public var personConcerned: UUID? { personId }
}

extension VoucherIssued: PersonalMessage {
    /// Who is told.
    public var personConcerned: UUID? { personId }
}

extension VoucherRedeemed: PersonalMessage {
    /// Who is told.
    public var personConcerned: UUID? { personId }
}

extension RegisterMerchant: PersonalMessage {
    /// Whom to speak to.
    public var personConcerned: UUID? { contactPersonId }
}

extension ReviseMerchant: PersonalMessage {
    /// Whom to speak to.
    public var personConcerned: UUID? { merchant.contactPersonId }
}
