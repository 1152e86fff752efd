import PosternWire
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("plain", "plain"), ("größer 漢字 🙂", "größer 漢字 🙂"), ("", ""),
        ("\u{1b}]0;owned\u{7}", "\\x1b]0;owned\\x07"), ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\u{7f}", "\\x7f"), ("\u{9b}31m", "\\xc2\\x9b31m"), ("nul\0", "nul\\x00"),
        // Bidirectional controls and line separators make a line say what it does not.
        ("a\u{202e}b", "a\\xe2\\x80\\xaeb"), ("\u{2066}x\u{2069}", "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9"),
        ("a\u{2028}b", "a\\xe2\\x80\\xa8b"), ("a\u{200f}b", "a\\xe2\\x80\\x8fb"),
    ])
    func controlsAreEscapedAndTextIsNot(_ text: String, _ shown: String) {
        #expect(Text.printable(Array(text.utf8)) == shown)
    }

    @Test(
        arguments: [
            ([0xFF], "\\xff"), ([0x61, 0xC3], "a\\xc3"), ([0xC3, 0x28], "\\xc3("),
            ([0xE2, 0x82], "\\xe2\\x82"),
            ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"), ([0xC0, 0xAF], "\\xc0\\xaf"),
            ([0xF0, 0x9F, 0x99, 0x41], "\\xf0\\x9f\\x99A"),
            ([0x80, 0xC3, 0xA9], "\\x80é"),
        ] as [([UInt8], String)])
    func bytesThatAreNotUTF8AreEscapedOneByOne(_ bytes: [UInt8], _ shown: String) {
        #expect(Text.printable(bytes) == shown)
    }

    /// Whatever comes, nothing that a terminal acts upon is left.
    @Test func noPairOfBytesYieldsAControlCharacter() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let shown = Text.printable([first, second, 0x80])
                #expect(
                    shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
            }
        }
    }

    @Test func longTextIsCutAndSaysSo() {
        #expect(Text.printable(Array("abcdef".utf8), limit: 3) == "abc…")
        #expect(Text.printable(Array("abc".utf8), limit: 3) == "abc")
        #expect(Text.printable(Array("aé".utf8), limit: 2) == "a\\xc3…")
    }

    @Test func textIsNeverCutInsideACharacter() {
        #expect(Text.cut("aéb", to: 2) == "a")
        #expect(Text.cut("aéb", to: 3) == "aé")
        #expect(Text.cut("abc", to: 3) == "abc")
        #expect(Text.cut("🇩🇪", to: 4) == "")
    }

    /// An ERROR's frame has to stay within its limit whatever is quoted in it.
    @Test func theLongestErrorFitsItsFrame() {
        let worst = [UInt8](repeating: 0xFF, count: 100_000)
        let key = [UInt8](repeating: 0x61, count: 100_000)
        for error in [WireError.badValue("hold-input", worst), .unknownField(key), .unknownField(worst)] {
            let report = ErrorReport(
                stage: .protocol, errno: "ENAMETOOLONG", field: error.field, text: error.description)
            #expect(FrameKind.error.lengths.contains(report.encode().count))
        }
    }
}
