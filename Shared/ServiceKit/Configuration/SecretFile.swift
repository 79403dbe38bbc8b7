internal import FoundationEssentials

/// Reads the files that `NAME_FILE` variables point to.
enum SecretFile {
    /// Why a file cannot be taken; never its content.
    struct Refusal: Error {
        let text: String
    }

    /// The file's text without one line end, which editors and `echo` put there.
    static func read(_ path: String) -> Result<String, Refusal> {
        guard !path.isEmpty else { return .failure(Refusal(text: "no file")) }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return .failure(Refusal(text: "\(path), which does not exist"))
        }
        guard attributes[.type] as? FileAttributeType != .typeDirectory else {
            return .failure(Refusal(text: "\(path), which is a folder"))
        }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            return .failure(Refusal(text: "\(path), which cannot be read"))
        }
        guard data.count <= ServiceLimits.secretFileBytesMax else {
            return .failure(Refusal(text: "\(path), which is larger than \(ServiceLimits.secretFileBytesMax) bytes"))
        }
        guard var text = String(validating: data, as: UTF8.self) else {
            return .failure(Refusal(text: "\(path), which is not UTF-8 text"))
        }
        // "\r\n" is one Character, so that one removal takes either kind of line end.
        if text.last?.isNewline == true { text.removeLast() }
        return .success(text)
    }
}
