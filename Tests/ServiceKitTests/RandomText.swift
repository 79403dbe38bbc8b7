import TestKit

extension SeededGenerator {
    /// Any scalars at all: half of them control characters, quotation marks and their like.
    mutating func text(lengthMax: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...lengthMax, using: &self) {
            let value =
                Bool.random(using: &self)
                ? UInt32.random(in: 0...0xA0, using: &self) : UInt32.random(in: 0...0x10FFFF, using: &self)
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        return String(text)
    }
}
