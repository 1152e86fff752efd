/// Bytes of a peer, made fit to be shown.
public enum Text {
    /// `bytes` as text that neither a terminal nor a reader can be attacked with: control characters (C0, DEL,
    /// C1), what breaks lines or turns the direction of writing, and bytes that are not UTF-8 become `\xNN`;
    /// at most `limit` bytes are shown, then `…`.
    public static func printable(_ bytes: [UInt8], limit: Int = Limits.text) -> String {
        var shown = ""
        var decoder = UTF8()
        var source = bytes.prefix(limit).makeIterator()
        // Decoded scalar by scalar and not with String(decoding:), which would turn bytes into U+FFFD.
        var rest = bytes.prefix(limit)[...]
        loop: while true {
            switch decoder.decode(&source) {
            case .scalarValue(let scalar):
                let length = UTF8.width(scalar)
                if isControl(scalar) {
                    for byte in rest.prefix(length) { shown += escaped(byte) }
                } else {
                    shown.unicodeScalars.append(scalar)
                }
                rest = rest.dropFirst(length)
            case .error:
                guard let byte = rest.first else { break loop }
                // The decoder may have read more than one byte of an ill-formed sequence: start anew after
                // the first, which is the one at fault.
                shown += escaped(byte)
                rest = rest.dropFirst()
                decoder = UTF8()
                source = rest.makeIterator()
            case .emptyInput:
                break loop
            }
        }
        return bytes.count > limit ? shown + "…" : shown
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates of direction (CVE-2021-42574), line and paragraph separator.
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escaped(_ byte: UInt8) -> String {
        let digits: [Character] = [
            "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
        ]
        return "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }

    /// `text` cut to at most `limit` bytes of UTF-8, never inside a character.
    public static func cut(_ text: String, to limit: Int = Limits.text) -> String {
        guard text.utf8.count > limit else { return text }
        var kept = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            if size > limit { break }
            kept.append(character)
        }
        return kept
    }
}
