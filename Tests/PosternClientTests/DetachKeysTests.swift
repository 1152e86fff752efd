import PosternWire
import Testing

@testable import PosternClient

@Suite struct DetachKeysTests {
    @Test func `no keys are given by nothing`() throws {
        #expect(try DetachKeys.parse([]) == nil)
    }

    @Test(arguments: ["ctrl-", "ctrl-1", "ab", ",", "a,", "ctrl-p,", "ctrl-P", "\u{1B}", "ü"])
    func `what is no key is refused`(text: String) {
        #expect(throws: UsageError.self) { try DetachKeys.parse(bytes(text)) }
    }

    static func type(_ keys: String, _ typed: [String]) throws -> (String, Bool, Int) {
        var watch = try #require(try DetachKeys.parse(bytes(keys)))
        var passed: [UInt8] = []
        for piece in typed {
            let (passing, isDetaching) = watch.take(bytes(piece))
            passed += passing
            if isDetaching { return (String(decoding: passed, as: UTF8.self), true, watch.heldCount) }
        }
        return (String(decoding: passed, as: UTF8.self), false, watch.heldCount)
    }

    @Test(
        arguments: [
            ("ctrl-p,ctrl-q", ["ab\u{10}\u{11}cd"], "ab", true, 0),
            ("ctrl-p,ctrl-q", ["ab\u{10}", "\u{11}"], "ab", true, 0),
            ("ctrl-p,ctrl-q", ["\u{10}"], "", false, 1),
            ("ctrl-p,ctrl-q", ["\u{10}x"], "\u{10}x", false, 0),
            ("ctrl-p,ctrl-q", ["\u{10}\u{10}\u{11}"], "\u{10}", true, 0),
            ("a,a,b", ["aaab"], "a", true, 0),
            ("a,b,a,c", ["ababac"], "ab", true, 0),
            ("ctrl-@", ["\0"], "", true, 0),
            ("ctrl-],ctrl-\\,ctrl-^,ctrl-_,ctrl-[", ["\u{1D}\u{1C}\u{1E}\u{1F}\u{1B}"], "", true, 0),
        ] as [(String, [String], String, Bool, Int)])
    func `the keys are kept, and what only began like them passes`(
        keys: String, typed: [String], passed: String, detaches: Bool, held: Int
    ) throws {
        let result = try Self.type(keys, typed)
        #expect(result.0 == passed)
        #expect(result.1 == detaches)
        #expect(result.2 == held)
    }

    @Test func `what is held back at the end of input passes`() throws {
        var watch = try #require(try DetachKeys.parse(bytes("ctrl-p,ctrl-q")))
        _ = watch.take([0x10])
        #expect(watch.release() == [0x10])
        #expect(watch.heldCount == 0)
    }
}
