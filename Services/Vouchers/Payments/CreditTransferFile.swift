import Contracts
import FoundationEssentials

/// A payment as it stands in a file.
struct CreditTransfer: Hashable, Sendable {
    var payoutId: UUID
    var creditor: BankParty
    /// In cents.
    var amount: Int64

    /// The payment's id without hyphens: 32 letters of the 35 that there may be.
    var endToEndId: String { Self.endToEndId(payoutId) }

    static func endToEndId(_ payoutId: UUID) -> String { payoutId.text.filter { $0 != "-" } }
}

/// Payments of one city for its bank: ISO 20022 pain.001.001.09, as the EPC's rules for SEPA credit transfers narrow it.
struct CreditTransferFile: Sendable {
    static let namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

    /// At most 35 letters; never the same for two files.
    var messageId: String
    var createdAt: Timestamp
    var executeOn: Day
    var debtor: BankParty
    /// What is said with each payment, before its id.
    var remittance: String
    var transfers: [CreditTransfer]

    /// The sum of the payments.
    var sum: Int64 { transfers.reduce(0) { $0 &+ $1.amount } }

    /// The whole file; the same for the same values.
    var xml: String {
        var xml = XMLText()
        xml.element("Document", [("xmlns", Self.namespace)]) { xml in
            xml.element("CstmrCdtTrfInitn") { xml in
                xml.element("GrpHdr") { xml in
                    xml.element("MsgId", messageId)
                    xml.element("CreDtTm", createdAt.description)
                    count(&xml)
                    xml.element("InitgPty") { $0.element("Nm", name(of: debtor)) }
                }
                xml.element("PmtInf") { payments(&$0) }
            }
        }
        return xml.text
    }

    private func payments(_ xml: inout XMLText) {
        xml.element("PmtInfId", messageId)
        xml.element("PmtMtd", "TRF")
        count(&xml)
        xml.element("PmtTpInf") { $0.element("SvcLvl") { $0.element("Cd", "SEPA") } }
        xml.element("ReqdExctnDt") { $0.element("Dt", executeOn.description) }
        xml.element("Dbtr") { party(debtor, &$0) }
        xml.element("DbtrAcct") { $0.element("Id") { $0.element("IBAN", debtor.iban.revealed) } }
        xml.element("DbtrAgt") { agent(debtor.bic, &$0) }
        xml.element("ChrgBr", "SLEV")
        for transfer in transfers { xml.element("CdtTrfTxInf") { payment(transfer, &$0) } }
    }

    private func payment(_ transfer: CreditTransfer, _ xml: inout XMLText) {
        xml.element("PmtId") { $0.element("EndToEndId", transfer.endToEndId) }
        xml.element("Amt") { $0.element("InstdAmt", DecimalText.amount(transfer.amount), [("Ccy", "EUR")]) }
        // The creditor's bank follows from the account; it is named where it is known.
        if let bic = transfer.creditor.bic { xml.element("CdtrAgt") { agent(bic, &$0) } }
        xml.element("Cdtr") { party(transfer.creditor, &$0) }
        xml.element("CdtrAcct") { $0.element("Id") { $0.element("IBAN", transfer.creditor.iban.revealed) } }
        xml.element("RmtInf") {
            $0.element(
                "Ustrd",
                SEPAText.plain(
                    "\(remittance) \(transfer.endToEndId)", country: transfer.creditor.country,
                    max: SEPAText.remittanceMax))
        }
    }

    private func count(_ xml: inout XMLText) {
        xml.element("NbOfTxs", "\(transfers.count)")
        xml.element("CtrlSum", DecimalText.amount(sum))
    }

    private func agent(_ bic: String?, _ xml: inout XMLText) {
        xml.element("FinInstnId") { xml in
            if let bic {
                xml.element("BICFI", bic)
            } else {
                xml.element("Othr") { $0.element("Id", "NOTPROVIDED") }
            }
        }
    }

    /// Name and, where it is known, the address in fields: from November 2026 on banks take no other.
    private func party(_ party: BankParty, _ xml: inout XMLText) {
        xml.element("Nm", name(of: party))
        guard let address = party.address else { return }
        func plain(_ text: String, _ max: Int) -> String {
            SEPAText.plain(text, country: address.country, max: max)
        }
        xml.element("PstlAdr") { xml in
            if let street = address.street { xml.element("StrtNm", plain(street, 70)) }
            xml.element("PstCd", plain(address.postalCode, 16))
            xml.element("TwnNm", plain(address.town, 35))
            xml.element("Ctry", address.country)
        }
    }

    private func name(of party: BankParty) -> String {
        SEPAText.plain(party.name, country: party.country, max: SEPAText.nameMax)
    }
}
