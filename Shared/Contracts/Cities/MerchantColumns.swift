/// The columns of merchants in CSV, in the order in which they are exported.
public enum MerchantColumn: String, CaseIterable, Sendable {
    /// For foreign keys; derived from import and line if it is empty.
    case merchantId
    /// As it stands over the door; the one that has to be there.
    case name
    /// NACE revision 2.
    case category
    /// With the country's letters.
    case vatId
    /// With or without spaces; a masked one, as exports have it, says nothing.
    case iban
    /// First day of the contract.
    case contractFrom
    /// First day after the contract.
    case contractUntil
    /// 0 to 10000.
    case feeBasisPoints
    /// Opaque.
    case contactPersonId
    /// The first day without vouchers.
    case closedFrom
    /// The first branch's id; derived from the merchant's if it is empty and another column says something of a branch.
    case branchId
    /// What tells the branch from the others.
    case branchName
    /// Street and number.
    case street
    /// As the country writes it.
    case postalCode
    /// The town.
    case town
    /// ISO 3166-1 alpha-2.
    case country
    /// Degrees north.
    case latitude
    /// Degrees east.
    case longitude
    /// `1-5 08:00-12:00; 6 08:00-11:30`: days (1 is Monday) and hours.
    case openingHours
    /// The other branches, a JSON array as in the messages.
    case moreBranches
    /// Tills, a JSON array as in the messages.
    case terminals
}
