import Testing

@testable import PosternClient

/// What replayed output may not ask the terminal.
@Suite struct QueryFilterTests {
    static let questions = [
        "\u{1B}[c", "\u{1B}[0c", "\u{1B}[>c", "\u{1B}[>0c", "\u{1B}[=c", "\u{1B}[5n", "\u{1B}[6n",
        "\u{1B}[?6n",
        "\u{1B}[?996n", "\u{1B}[>q", "\u{1B}[>0q", "\u{1B}[?2026$p", "\u{1B}[4$p", "\u{1B}[?u", "\u{1B}[14t",
        "\u{1B}[14;2t", "\u{1B}[18t", "\u{1B}[21t", "\u{1B}[11t", "\u{1B}]10;?\u{07}", "\u{1B}]11;?\u{1B}\\",
        "\u{1B}]4;1;?\u{07}", "\u{1B}]4;1;?;2;?\u{1B}\\", "\u{1B}]52;c;?\u{07}", "\u{1B}P$qm\u{1B}\\",
        "\u{1B}P+q544e\u{1B}\\", "\u{1B}Z", "\u{05}", "\u{1B}[?1;1;0S", "\u{1B}[x",
        "\u{9B}c", "\u{9B}6n", "\u{9D}11;?\u{9C}", "\u{1B}]11;?\u{9C}", "\u{90}$qm\u{9C}", "\u{9A}",
        // Broken off by the question behind it, its beginning must not be left before what follows.
        "\u{1B}[\u{1B}Z", "\u{1B}]11;?\u{1B}[c", "\u{1B}\u{1B}Z", "\u{1B}[3\u{1B}[\u{05}6n",
    ]

    static let others = [
        "plain text, grüße 🐚\r\n", "\u{1B}[0m", "\u{1B}[2J", "\u{1B}[1;1H", "\u{1B}[?1049h", "\u{1B}[2 q",
        "\u{1B}[22;0t", "\u{1B}[8;24;80t", "\u{1B}[!p", "\u{1B}[>4;1m", "\u{1B}[>1u", "\u{1B}[u", "\u{1B}[0n",
        "\u{1B}[?1c", "\u{1B}]0;who? me\u{07}", "\u{1B}]52;c;aGk=\u{1B}\\", "\u{1B}]10;#fff\u{07}",
        "\u{1B}]8;;http://a/?\u{1B}\\", "\u{1B}Pq#0;2;0;0;0~-\u{1B}\\", "\u{1B}_Ga=T;AAAA\u{1B}\\",
        "\u{1B}(B",
        "\u{1B}7", "\u{1B}\u{1B}[A", "\u{1B}[3\u{18}c", "\u{1B}[38;2;1;2;3mx", "\u{1B}]2;\u{05}\u{18}",
        "\u{1B}]2;Â©\u{07}", "\u{1B}[\u{1B}[A", "©",
    ]

    static func pass(_ pieces: [[UInt8]]) -> [UInt8] {
        var filter = QueryFilter()
        var passed: [UInt8] = []
        for piece in pieces { passed += filter.pass(piece.span) }
        return passed + filter.release()
    }

    static func everyCut(_ text: [UInt8]) -> [[[UInt8]]] {
        var cuts = (0...text.count).map { [Array(text[..<$0]), Array(text[$0...])] }
        cuts.append(text.map { [$0] })
        return cuts
    }

    @Test(arguments: questions)
    func `a question is taken out, wherever it was cut`(question: String) {
        for cut in Self.everyCut(bytes("a" + question + "b")) { #expect(Self.pass(cut) == bytes("ab")) }
        for cut in Self.everyCut(bytes(question + question)) { #expect(Self.pass(cut) == []) }
    }

    @Test(arguments: others)
    func `anything else passes byte for byte, wherever it was cut`(text: String) {
        for cut in Self.everyCut(bytes("a" + text + "b")) {
            #expect(Self.pass(cut) == bytes("a" + text + "b"))
        }
    }

    @Test func `every single byte and every byte behind an ESC passes, but for ENQ and DECID`() {
        for byte in UInt8.min...UInt8.max {
            #expect(Self.pass([[byte]]) == (byte == 5 ? [] : [byte]))
            let rest: [UInt8] = byte == UInt8(ascii: "Z") ? [] : byte == 5 ? [0x1B] : [0x1B, byte]
            #expect(Self.pass([[0x1B, byte]]) == rest)
        }
    }

    @Test func `a question without its end passes when the replay is over`() {
        for text in ["\u{1B}", "\u{1B}[", "\u{1B}[6", "\u{1B}]11;?", "\u{1B}P$q"] {
            #expect(Self.pass([bytes(text)]) == bytes(text))
        }
    }

    @Test func `a sequence that has no end in sight is not held back for ever`() {
        let long = bytes("\u{1B}]52;c;" + String(repeating: "A", count: 100_000) + "\u{07}\u{1B}[cx")
        #expect(Self.pass([long]) == Array(long.dropLast(4)) + bytes("x"))
        let digits = bytes("\u{1B}[" + String(repeating: "1", count: 100_000) + "c")
        #expect(Self.pass([digits]) == digits)
    }

    @Test func `controls within a question are obeyed all the same`() {
        #expect(Self.pass([bytes("\u{1B}[\r\n6n")]) == bytes("\r\n"))
    }

    @Test func `a question that breaks off a string leaves the string broken off`() {
        #expect(Self.pass([bytes("\u{1B}_Gx\u{1B}[ctext")]) == bytes("\u{1B}_Gx\u{18}text"))
    }

    /// A generator that always gives the same.
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33 | state << 31
        }
    }

    @Test func `cuts never matter, and what has passed holds no question`() {
        var dice = Dice(state: 722)
        let alphabet =
            bytes("\u{1B}\u{1B}\u{1B}[[]P_\\cn6?;$+q>1Zx\u{05}\u{07}\u{18}\n") + [
                0xC2, 0x9B, 0x9D, 0x9C, 0xFF,
            ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...24, using: &dice)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &dice)]
            }
            let whole = Self.pass([text])
            let cut = Int.random(in: 0...text.count, using: &dice)
            #expect(Self.pass([Array(text[..<cut]), Array(text[cut...])]) == whole)
            // Without an end of its own it is held back to the last: then it may be anything.
            let ended = Self.pass([text + [0x18, 0x18]])
            #expect(Self.pass([ended]) == ended, "\(text)")
        }
    }
}
