import PosternWire
import Testing

/// What the fuzzers keep, without a fuzzer: the same inputs, on every run of the tests.
@Suite struct CorpusTests {
    @Test func everyKeptStreamDecodesTheSameHoweverItIsCut() throws {
        for (name, input) in try GoldenFiles.corpus("frames") {
            let side: Side = input.first.map { $0 & 1 == 0 } == true ? .client : .worker
            let stream = Array(input.dropFirst())
            let whole = Decoded([stream], from: side)
            #expect(Decoded(stream.map { [$0] }, from: side) == whole, "\(name)")
        }
    }

    @Test func everyKeptMessageIsRefusedOrComesBack() throws {
        for (name, input) in try GoldenFiles.corpus("messages") {
            let kind = try #require(input.first.flatMap(FrameKind.init(rawValue:)), "\(name)")
            do throws(WireError) {
                let message = try Message(kind, Array(input.dropFirst()))
                #expect(
                    try Message(kind, Array(message.frame.dropFirst(Limits.header))) == message, "\(name)")
            } catch {
                #expect(!error.description.isEmpty, "\(name)")
            }
        }
    }
}
