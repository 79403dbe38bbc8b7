import Foundation
import Testing

@testable import CMS

/// What is encrypted here, the tool of OpenSSL opens; nobody else does.
@Suite final class CMSTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "cms-\(UUID())")

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// A key and a certificate of their own, made by the tool.
    private struct Identity {
        let folder: URL
        var certificate: String {
            get throws { try String(contentsOf: folder.appending(path: "c.pem"), encoding: .utf8) }
        }

        init(_ key: [String], below parent: URL) throws {
            folder = parent.appending(path: "\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let made = try CMSTests.openssl(
                ["req", "-x509", "-nodes", "-subj", "/CN=Printer", "-days", "2", "-keyout", "k.pem", "-out", "c.pem"]
                    + ["-newkey"] + key, in: folder)
            try #require(made.status == 0, "\(made.text)")
        }

        func open(_ envelope: [UInt8]) throws -> (status: Int32, content: [UInt8]) {
            let file = folder.appending(path: "e.cms")
            try Data(envelope).write(to: file)
            let out = folder.appending(path: "out")
            let opened = try CMSTests.openssl(
                [
                    "cms", "-decrypt", "-inform", "DER", "-in", "e.cms", "-inkey", "k.pem", "-recip", "c.pem", "-out",
                    "out",
                ], in: folder)
            return (opened.status, opened.status == 0 ? Array(try Data(contentsOf: out)) : [])
        }
    }

    @discardableResult
    private static func openssl(_ arguments: [String], in folder: URL) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    @Test(arguments: [["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]])
    func theHolderOfTheKeyOpensIt(key: [String]) throws {
        let printer = try Identity(key, below: folder)
        let other = try Identity(key, below: folder)
        let recipient = try CMSRecipient(certificate: printer.certificate)
        // Line ends and zeros stay what they are.
        for content: [UInt8] in [[], [0], Array("serial,code\r\n1,ABCD\n".utf8), (0..<300_000).map { UInt8($0 & 255) }]
        {
            let envelope = try CMSEnvelope.encrypt(content, for: recipient)
            let opened = try printer.open(envelope)
            #expect(opened.status == 0 && opened.content == content)
            #expect(content.count < 20 || !Data(envelope).contains(Data(content.prefix(20))))
            let stranger = try other.open(envelope)
            #expect(stranger.status != 0 || stranger.content != content)
        }
    }

    @Test func aPasswordOpensIt() throws {
        let folder = self.folder.appending(path: "\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let content = Array("serial,code\r\n".utf8)
        let recipient = CMSRecipient(password: "correct horse battery staple")
        try Data(CMSEnvelope.encrypt(content, for: recipient)).write(to: folder.appending(path: "e.cms"))
        #expect(recipient.fingerprint == nil)
        func open(_ password: String) throws -> [UInt8]? {
            let opened = try CMSTests.openssl(
                ["cms", "-decrypt", "-inform", "DER", "-in", "e.cms", "-pwri_password", password, "-out", "out"],
                in: folder)
            return opened.status == 0 ? Array(try Data(contentsOf: folder.appending(path: "out"))) : nil
        }
        #expect(try open("correct horse battery staple") == content)
        #expect(try open("correct horse battery stable") != content)
    }

    @Test func weakAndWrongCertificatesAreRefused() throws {
        let weak = try Identity(["rsa:1024"], below: folder).certificate
        #expect(throws: CMSUnusable.weakKey) { try CMSRecipient(certificate: weak) }
        let signing = try Identity(["ed25519"], below: folder).certificate
        #expect(throws: CMSUnusable.weakKey) { try CMSRecipient(certificate: signing) }
        let good = try Identity(["rsa:2048"], below: folder).certificate
        #expect(try CMSRecipient(certificate: good).fingerprint?.count == 32)
        for text in [
            "", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", String(good.dropLast(200)),
        ] {
            #expect(throws: CMSUnusable.noCertificate) { try CMSRecipient(certificate: text) }
        }
        // PEM that is encrypted must not ask for a password at a terminal.
        let encrypted = good.replacing(
            "-----BEGIN CERTIFICATE-----\n",
            with:
                "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
        )
        #expect(throws: CMSUnusable.noCertificate) { try CMSRecipient(certificate: encrypted) }
    }
}
