import FoundationEssentials
import Postgres

extension Language: PostgresScalar {}

/// Makes sure that there is a row for each person, to be locked.
///
/// Ids must be sorted, or two batches deadlock.
struct AddPersons: Statement {
    static let sql = """
        INSERT INTO person (person_id, version) SELECT person_id, 0 FROM unnest($1::uuid[]) AS wanted (person_id)
        ON CONFLICT DO NOTHING
        """
    var personIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personIds)
    }
}

/// Locks people, in one order everywhere.
struct LockPersons: Statement {
    static let sql = """
        SELECT person_id FROM person WHERE person_id = ANY($1) ORDER BY person_id FOR NO KEY UPDATE
        """
    var personIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personIds)
    }
}

/// Reads the contacts of people who are locked.
struct ReadContacts: Statement {
    static let sql = "SELECT person_id, version, email, name, language FROM person WHERE person_id = ANY($1)"
    var personIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personIds)
    }

    static func row(_ columns: inout Columns) throws -> ContactBook.Entry {
        let personId: UUID = try columns.next()
        let version: Int64 = try columns.next()
        let email: String? = try columns.next()
        let name: String? = try columns.next()
        let language: Language? = try columns.next()
        guard let email, let name, let language else {
            return ContactBook.Entry(personId: personId, version: version, contact: nil)
        }
        return ContactBook.Entry(
            personId: personId, version: version, contact: Contact(email: email, name: name, language: language))
    }
}

/// Writes contacts that have changed.
struct WriteContacts: Statement {
    static let sql = """
        UPDATE person SET version = changed.version, email = changed.email, name = changed.name,
            language = changed.language, changed_at = now()
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[])
            AS changed (person_id, version, email, name, language)
        WHERE person.person_id = changed.person_id
        """
    private var personIds: [UUID] = []
    private var versions: [Int64] = []
    private var emails: [String] = []
    private var names: [String] = []
    private var languages: [Language] = []

    init(_ entries: [ContactBook.Entry]) {
        for entry in entries {
            guard let contact = entry.contact else { continue }
            personIds.append(entry.personId)
            versions.append(entry.version)
            emails.append(contact.email)
            names.append(contact.name)
            languages.append(contact.language)
        }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(personIds)
        parameters.add(versions)
        parameters.add(emails)
        parameters.add(names)
        parameters.add(languages)
    }
}
