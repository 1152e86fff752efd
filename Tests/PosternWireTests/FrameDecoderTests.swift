import PosternWire
import Testing

/// What a decoder made of a stream: data joined per frame kind's run, control frames whole.
struct Decoded: Equatable {
    enum Item: Equatable {
        case data(FrameKind, [UInt8])
        case control(FrameKind, [UInt8])
    }
    var items: [Item] = []
    var error: WireError?
    var isBetweenFrames = true

    /// Decodes `pieces` as one stream. Neighbouring data of one kind is joined: where a data frame ends
    /// means nothing.
    init(_ pieces: [[UInt8]], from sender: Side) {
        var decoder = FrameDecoder(from: sender)
        for piece in pieces where error == nil {
            var position = 0
            do throws(WireError) {
                while let event = try decoder.next(in: piece.span, at: &position) {
                    switch event {
                    case .control(let kind, let payload): items.append(.control(kind, payload))
                    case .data(let kind, let range):
                        if case .data(kind, let bytes)? = items.last {
                            items[items.count - 1] = .data(kind, bytes + piece[range])
                        } else {
                            items.append(.data(kind, Array(piece[range])))
                        }
                    }
                }
            } catch {
                self.error = error
            }
        }
        isBetweenFrames = decoder.isBetweenFrames
    }
}

func frames(_ list: (FrameKind, [UInt8])...) -> [UInt8] {
    list.flatMap { FrameEncoder.frame($0.0, $0.1) }
}

@Suite struct FrameDecoderTests {
    static let stream = frames(
        (.stdin, Array("hello".utf8)), (.resize, TerminalSize(rows: 24, columns: 80).encode()),
        (.stdinEOF, []), (.signal, SignalRequest(signal: Array("INT".utf8)).encode()), (.hangup, []))

    static let meaning: [Decoded.Item] = [
        .data(.stdin, Array("hello".utf8)),
        .control(.resize, Array("rows=24\0columns=80\0".utf8)),
        .control(.stdinEOF, []),
        .control(.signal, Array("signal=INT\0scope=group\0".utf8)),
        .control(.hangup, []),
    ]

    @Test func aStreamCutAnywhereDecodesTheSame() {
        let stream = Self.stream
        for first in 0...stream.count {
            for second in first...stream.count {
                let pieces = [
                    Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...]),
                ]
                let decoded = Decoded(pieces, from: .client)
                #expect(decoded.items == Self.meaning, "cut at \(first) and \(second)")
                #expect(decoded.error == nil)
            }
        }
        #expect(Decoded(stream.map { [$0] }, from: .client).items == Self.meaning)
    }

    @Test func aStreamMayEndOnlyBetweenFrames() {
        var ends: Set<Int> = [0]
        var end = 0
        for length in [5, 19, 0, 23, 0] {
            end += Limits.header + length
            ends.insert(end)
        }
        for cut in 0...Self.stream.count {
            let decoded = Decoded([Array(Self.stream[..<cut])], from: .client)
            #expect(decoded.isBetweenFrames == ends.contains(cut), "cut at \(cut)")
        }
    }

    /// Whoever hands a socket on has read nothing of the next frame.
    @Test func readingWhatIsWantedNeverReadsIntoTheNextFrame() throws {
        let open = FrameEncoder.frame(.open, Array("version=1\0".utf8))
        let stream = open + FrameEncoder.frame(.hangup)
        var decoder = FrameDecoder(from: .client)
        var read = 0
        var event: FrameDecoder.Event?
        while event == nil {
            let piece = Array(stream[read..<read + decoder.wanted])
            read += piece.count
            var position = 0
            event = try decoder.next(in: piece.span, at: &position)
        }
        #expect(event == .control(.open, Array("version=1\0".utf8)))
        #expect(read == open.count)
        #expect(decoder.isBetweenFrames)
    }

    @Test func anOpenOfExactlyOneMebibyteIsAccepted() {
        let payload = [UInt8](repeating: 0x61, count: 1_048_576)
        let stream = [0x01, 0x00, 0x10, 0x00, 0x00] + payload
        #expect(Decoded([stream], from: .client).items == [.control(.open, payload)])
    }

    @Test func anOpenOfOneByteMoreIsRefusedByItsHeader() {
        let decoded = Decoded([[0x01, 0x00, 0x10, 0x00, 0x01]], from: .client)
        #expect(decoded.error == .badLength(.open, 1_048_577))
    }

    /// One that grew its buffer by what each read brought would copy half a terabyte here.
    @Test(.timeLimit(.minutes(1))) func anOpenThatComesByteByByteCostsLinearTime() {
        let payload = [UInt8](repeating: 0x61, count: Limits.open)
        let stream = FrameEncoder.frame(.open, payload)
        #expect(Decoded(stream.map { [$0] }, from: .client).items == [.control(.open, payload)])
    }

    @Test(arguments: FrameKind.allCases) func lengthsEndWhereTheTableSays(_ kind: FrameKind) {
        let side: Side = kind.comes(from: .client) ? .client : .worker
        func header(_ length: UInt32) -> [UInt8] {
            [kind.rawValue] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32($0))) }
        }
        let longest = UInt32(kind.lengths.upperBound)
        #expect(Decoded([header(longest)], from: side).error == nil)
        for length in [longest + 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
            #expect(Decoded([header(length)], from: side).error == .badLength(kind, length))
        }
        let shortest = UInt32(kind.lengths.lowerBound)
        #expect(Decoded([header(shortest)], from: side).error == nil)
        if shortest > 0 {
            #expect(Decoded([header(shortest - 1)], from: side).error == .badLength(kind, shortest - 1))
        }
    }

    @Test func everyTypeIsJudgedByItsFirstByteAlone() {
        for byte in UInt8.min...UInt8.max {
            for side in [Side.client, .worker] {
                let error = Decoded([[byte]], from: side).error
                if let kind = FrameKind(rawValue: byte) {
                    #expect(error == (kind.comes(from: side) ? nil : .unexpectedFrame(kind)))
                } else {
                    #expect(error == .unknownFrame(byte))
                }
            }
        }
    }

    @Test(
        arguments: [
            [0xFF, 0, 0, 0, 0], [0x20, 0, 0, 0, 0], [0x10, 0, 0, 0, 0], [0x13, 0, 0, 0x10, 0x01],
        ] as [[UInt8]])
    func nothingIsDecodedAfterAnError(_ bad: [UInt8]) {
        var decoder = FrameDecoder(from: .client)
        let stream = bad + FrameEncoder.frame(.hangup)
        var position = 0
        var errors: [WireError] = []
        for _ in 0..<4 {
            do throws(WireError) {
                let event = try decoder.next(in: stream.span, at: &position)
                Issue.record("decoded \(String(describing: event)) after an error")
            } catch {
                errors.append(error)
            }
        }
        #expect(errors.count == 4)
        #expect(errors.allSatisfy { $0 == errors.first })
    }

    @Test func headersAreTypeAndBigEndianLength() {
        let header = FrameEncoder.header(.stdout, length: 0x1234)
        #expect(header.indices.map { header[$0] } == [0x21, 0x00, 0x00, 0x12, 0x34])
        #expect(FrameEncoder.frame(.bye) == [0x16, 0, 0, 0, 0])
    }
}
