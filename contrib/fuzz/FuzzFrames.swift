// Fuzz target: FrameDecoder. The first byte of an input says who sends and how the stream is cut; the rest is the
// stream. Compiled together with Sources/PosternWire, hence no import.

/// What came out of a stream, in a form that does not depend on where it was cut.
struct Decoded: Equatable {
    var controls: [[UInt8]] = []
    /// Kind and number of data bytes, joined.
    var data: [[Int]] = []
    var bytes: [UInt8] = []
    var error: WireError?

    init(_ stream: [UInt8], from sender: Side, cut: (Int) -> Int) {
        var decoder = FrameDecoder(from: sender)
        var start = 0
        while start < stream.count, error == nil {
            let piece = Array(stream[start..<min(start + max(1, cut(decoder.wanted)), stream.count)])
            start += piece.count
            var position = 0
            do throws(WireError) {
                while let event = try decoder.next(in: piece.span, at: &position) {
                    switch event {
                    case .control(let kind, let payload):
                        precondition(kind.lengths.contains(payload.count) && !kind.isData)
                        controls.append([kind.rawValue] + payload)
                        data.append([Int(kind.rawValue)])
                    case .data(let kind, let range):
                        precondition(kind.isData && !range.isEmpty && range.upperBound <= piece.count)
                        bytes += piece[range]
                        if data.last?.first == Int(kind.rawValue) {
                            data[data.count - 1][1] += range.count
                        } else {
                            data.append([Int(kind.rawValue), range.count])
                        }
                    }
                }
                precondition(position == piece.count, "a decoder that wants more has taken all")
            } catch {
                self.error = error
                precondition(!error.description.isEmpty)
            }
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let sender: Side = first & 1 == 0 ? .client : .worker
    let stream = Array(input.dropFirst())
    let whole = Decoded(stream, from: sender) { _ in stream.count }
    precondition(whole == Decoded(stream, from: sender) { _ in Int(first >> 1) }, "cuts change the meaning")
    // Whoever reads only what is wanted never takes a byte of the frame after.
    precondition(whole == Decoded(stream, from: sender) { $0 }, "wanted changes the meaning")
    return 0
}
