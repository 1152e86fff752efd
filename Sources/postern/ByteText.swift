import PosternSys

/// Arguments as the kernel gave them. They are bytes, not UTF-8, and Swift's own list has already replaced
/// what is not; so they are read again and carried through the parser in a disguise that loses nothing.
///
/// A byte that is not part of valid UTF-8 travels as a scalar of the last private-use plane. One of those
/// scalars, should somebody type it, travels as its bytes in the same way.
enum ByteText {
    private static let base: UInt32 = 0x10_FF00

    /// The words after the program's name.
    static func arguments() throws(SysError) -> [String] {
        let file = try Files.openForReading("/proc/self/cmdline")
        let bytes = try Files.readAll(from: file, limit: 1 << 24)
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast().map {
            encode(Array($0))
        }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var rest = bytes[...]
        while let first = rest.first {
            let width = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            if let piece = String(validating: rest.prefix(width), as: UTF8.self),
                let scalar = piece.unicodeScalars.first, piece.unicodeScalars.count == 1, scalar.value < base
            {
                text.append(scalar)
                rest = rest.dropFirst(width)
            } else {
                if let disguise = Unicode.Scalar(base + UInt32(first)) { text.append(disguise) }
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    static func decode(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if (base...(base + 0xFF)).contains(scalar.value) {
                bytes.append(UInt8(scalar.value - base))
            } else {
                bytes += UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter
            }
        }
        return bytes
    }
}
