import Contracts
import FoundationEssentials
import Messaging
import Postgres

extension RegisteredMerchant {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        merchant.merchant_id, merchant.city_id, merchant.name, merchant.category, merchant.vat_id,
        merchant.contract_from, merchant.contract_until, merchant.fee_basis_points, merchant.contact_person_id,
        merchant.branches, merchant.terminals, merchant.sealed_iban, merchant.iban_mask, merchant.closed_from,
        merchant.version
        """

    init(_ columns: inout Columns) throws {
        let (id, city): (UUID, UUID) = (try columns.next(), try columns.next())
        let name: String = try columns.next()
        let (category, vatId): (String?, String?) = (try columns.next(), try columns.next())
        let (from, until): (CalendarDate?, CalendarDate?) = (try columns.next(), try columns.next())
        let fee: Int32? = try columns.next()
        let contact: UUID? = try columns.next()
        let (branches, terminals): (JSONB, JSONB) = (try columns.next(), try columns.next())
        let (sealed, mask): ([UInt8]?, String?) = (try columns.next(), try columns.next())
        let closedFrom: CalendarDate? = try columns.next()
        version = try columns.next()
        facts = MerchantFacts(
            merchantId: id, cityId: city, name: name, category: category, vatId: vatId,
            contract: from.map { Period(from: Day($0), until: until.map { Day($0) }) },
            feeBasisPoints: fee.map(Int.init),
            branches: try branches.values(), terminals: try terminals.values(), contactPersonId: contact)
        self.closedFrom = closedFrom.map { Day($0) }
        account = sealed.map { BankAccount(sealed: $0, mask: mask ?? "") }
    }
}

extension JSONB {
    /// A list as its contract writes it; almost every merchant has none, or one entry.
    fileprivate init(list values: some Encodable & Collection) throws {
        self.init(values.isEmpty ? Array("[]".utf8) : [UInt8](try JSONEncoder().encode(values)))
    }

    fileprivate func values<Value: Decodable>() throws -> [Value] {
        bytes == Array("[]".utf8) ? [] : try JSONDecoder().decode([Value].self, from: Data(bytes))
    }
}

/// Locks merchants against other changes; what depends on the lock is read by a later statement.
struct LockMerchants: Statement {
    static let sql = "SELECT 1::integer FROM merchant WHERE merchant_id = ANY ($1) ORDER BY merchant_id FOR UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads merchants by id.
struct ReadMerchants: Statement {
    static let sql = "SELECT \(RegisteredMerchant.columns) FROM merchant WHERE merchant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredMerchant {
        try RegisteredMerchant(&columns)
    }
}

/// Reads merchants in the order of ids, page by page.
struct ReadMerchantPage: Statement {
    static let sql = """
        SELECT \(RegisteredMerchant.columns) FROM merchant
        WHERE $1::uuid IS NULL OR merchant_id > $1 ORDER BY merchant_id LIMIT $2
        """
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredMerchant {
        try RegisteredMerchant(&columns)
    }
}

/// The columns of merchants as arrays, in the order of ``names``.
private struct MerchantColumns {
    static let names = """
        merchant_id, city_id, name, category, vat_id, contract_from, contract_until, fee_basis_points, contact_person_id,
        branches, terminals, sealed_iban, iban_mask, closed_from, search_text, sort_name, version
        """
    static let arrays = """
        unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::integer[],
            $9::uuid[], $10::jsonb[], $11::jsonb[], $12::bytea[], $13::text[], $14::date[], $15::text[], $16::text[],
            $17::bigint[])
        """

    static func add(_ merchants: [RegisteredMerchant], to parameters: inout Parameters) {
        parameters.add(merchants.map(\.facts.merchantId))
        parameters.add(merchants.map(\.facts.cityId))
        parameters.add(merchants.map(\.facts.name))
        parameters.add(merchants.map(\.facts.category))
        parameters.add(merchants.map(\.facts.vatId))
        parameters.add(merchants.map { $0.facts.contract?.from.date })
        parameters.add(merchants.map { $0.facts.contract?.until?.date })
        parameters.add(merchants.map { $0.facts.feeBasisPoints.map { Int32(clamping: $0) } })
        parameters.add(merchants.map(\.facts.contactPersonId))
        parameters.add(merchants.map { json($0.facts.branches) })
        parameters.add(merchants.map { json($0.facts.terminals) })
        parameters.add(merchants.map { $0.account?.sealed })
        parameters.add(merchants.map { $0.account?.mask })
        parameters.add(merchants.map { $0.closedFrom?.date })
        parameters.add(merchants.map { MerchantNames.searchText($0.facts) })
        parameters.add(merchants.map { MerchantNames.sortName($0.facts.name) })
        parameters.add(merchants.map(\.version))
    }

    /// The contract keeps out every number that JSON cannot say.
    private static func json(_ values: some Encodable & Collection) -> JSONB {
        do {
            return try JSONB(list: values)
        } catch {
            preconditionFailure("a list of our own cannot be encoded: \(error)")
        }
    }
}

/// Inserts merchants, which come sorted by id.
struct InsertMerchants: Statement {
    static let sql = "INSERT INTO merchant (\(MerchantColumns.names)) SELECT * FROM \(MerchantColumns.arrays)"
    var merchants: [RegisteredMerchant]

    func bind(_ parameters: inout Parameters) {
        MerchantColumns.add(merchants, to: &parameters)
    }
}

/// Replaces merchants that are locked.
struct UpdateMerchants: Statement {
    static let sql = """
        UPDATE merchant SET name = new.name, category = new.category, vat_id = new.vat_id,
            contract_from = new.contract_from, contract_until = new.contract_until,
            fee_basis_points = new.fee_basis_points, contact_person_id = new.contact_person_id,
            branches = new.branches, terminals = new.terminals, sealed_iban = new.sealed_iban,
            iban_mask = new.iban_mask, closed_from = new.closed_from, search_text = new.search_text,
            sort_name = new.sort_name, version = new.version
        FROM \(MerchantColumns.arrays) AS new (\(MerchantColumns.names)) WHERE merchant.merchant_id = new.merchant_id
        """
    var merchants: [RegisteredMerchant]

    func bind(_ parameters: inout Parameters) {
        MerchantColumns.add(merchants, to: &parameters)
    }
}

/// Forgets where the branches of merchants are.
struct DeleteBranches: Statement {
    static let sql = "DELETE FROM merchant_branch WHERE merchant_id = ANY ($1)"
    var merchants: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants)
    }
}

/// Writes where the branches of merchants are, those that have a position.
struct InsertBranches: Statement {
    static let sql = """
        INSERT INTO merchant_branch (merchant_id, branch_id, place)
        SELECT merchant, branch, cube(ARRAY[x, y, z])
        FROM unnest($1::uuid[], $2::uuid[], $3::double precision[], $4::double precision[], $5::double precision[])
            AS new (merchant, branch, x, y, z)
        """
    private var merchants: [UUID] = []
    private var branches: [UUID] = []
    private var places: [Globe.Place] = []

    init(of merchants: [RegisteredMerchant]) {
        for merchant in merchants {
            for branch in merchant.facts.branches {
                guard let position = branch.position else { continue }
                self.merchants.append(merchant.merchantId)
                branches.append(branch.branchId)
                places.append(Globe.place(position))
            }
        }
    }

    /// Whether no branch has a position.
    var isEmpty: Bool { branches.isEmpty }

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants)
        parameters.add(branches)
        parameters.add(places.map(\.x))
        parameters.add(places.map(\.y))
        parameters.add(places.map(\.z))
    }
}
