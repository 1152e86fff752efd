public import PosternSys

/// Arguments as the kernel gave them: bytes, not UTF-8.
///
/// Swift's own list of them has already replaced what is not UTF-8, so they are read again, and go through a
/// parser of strings in a disguise that loses nothing. A byte that is not part of valid UTF-8 travels as a scalar
/// of the last private-use plane; one of those scalars, should somebody type it, travels as its bytes in the same way.
public enum ByteText {
    private static let base: UInt32 = 0x10_FF00
    /// More than the kernel's limit for arguments and environment of one process.
    private static let longest = 1 << 26

    /// The words after the program's name.
    public static func arguments() throws(SysError) -> [[UInt8]] {
        let file = try Files.openForReading("/proc/self/cmdline")
        let bytes = try Files.readAll(from: file, limit: longest)
        return words(bytes)
    }

    /// `/proc/PID/cmdline` without its first word: each word is ended by NUL, and may be empty.
    static func words(_ cmdline: [UInt8]) -> [[UInt8]] {
        cmdline.split(separator: 0, omittingEmptySubsequences: false).dropFirst().dropLast().map(Array.init)
    }

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
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

    public static func decode(_ text: some StringProtocol) -> [UInt8] {
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
