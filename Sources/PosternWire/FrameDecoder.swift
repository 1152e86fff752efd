/// Takes frames out of a stream of bytes, however the stream was cut.
///
/// Data frames are not collected: their bytes are handed on as they come, in as many pieces as the stream
/// had. Control frames are collected, and grow only with bytes that have arrived: a length alone allocates
/// nothing. After an error the stream cannot be decoded any further: every later call throws it again.
public struct FrameDecoder: Sendable {
    public enum Event: Equatable, Sendable {
        /// The bytes at these positions of the input belong to a data frame of this kind.
        case data(FrameKind, Range<Int>)
        /// A whole control frame.
        case control(FrameKind, [UInt8])
    }

    private let sender: Side
    private var header: [UInt8] = []
    private var kind: FrameKind?
    private var missing = 0
    private var payload: [UInt8] = []
    private var failure: WireError?

    /// - Parameter sender: whose stream this is; a kind that this side never sends is refused.
    public init(from sender: Side) {
        self.sender = sender
        header.reserveCapacity(Limits.header)
    }

    /// Whether the stream may end here: no frame has been begun and not finished.
    public var isBetweenFrames: Bool { kind == nil && header.isEmpty }

    /// How many bytes end the header, or the frame, that is under way. Whoever reads no more than this at a
    /// time reads nothing of the frame after it.
    public var wanted: Int { kind == nil ? Limits.header - header.count : missing }

    /// The next event in `input` from `position` on, which it moves past what it took. Nil when all of the
    /// input was taken.
    public mutating func next(in input: Span<UInt8>, at position: inout Int) throws(WireError) -> Event? {
        if let failure { throw failure }
        while true {
            guard let kind else {
                do throws(WireError) {
                    guard try takeHeader(input, &position) else { return nil }
                } catch {
                    failure = error
                    throw error
                }
                continue
            }
            let taken = min(missing, input.count - position)
            if kind.isData {
                guard taken > 0 else { return nil }
                let range = position..<position + taken
                position += taken
                missing -= taken
                if missing == 0 { self.kind = nil }
                return .data(kind, range)
            }
            // No reserveCapacity: it would grow by exactly what came, and a byte at a time that is quadratic.
            for index in position..<position + taken { payload.append(input[index]) }
            position += taken
            missing -= taken
            guard missing == 0 else { return nil }
            defer {
                self.kind = nil
                payload = []
            }
            return .control(kind, payload)
        }
    }

    /// Collects the five bytes of a header and checks them. False when the input ended before.
    private mutating func takeHeader(_ input: Span<UInt8>, _ position: inout Int) throws(WireError) -> Bool {
        while header.count < Limits.header {
            guard position < input.count else { return false }
            header.append(input[position])
            position += 1
            // An unknown type is an error at once; its length need not come.
            if header.count == 1 {
                guard let known = FrameKind(rawValue: header[0]) else {
                    throw .unknownFrame(header[0])
                }
                guard known.comes(from: sender) else { throw .unexpectedFrame(known) }
            }
        }
        guard let known = FrameKind(rawValue: header[0]) else { throw .unknownFrame(header[0]) }
        let length = header[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard known.lengths.contains(Int(length)) else { throw .badLength(known, length) }
        header.removeAll(keepingCapacity: true)
        kind = known
        missing = Int(length)
        return true
    }
}

/// The other direction: headers and whole frames as bytes.
public enum FrameEncoder {
    /// A header for a payload of `length` bytes.
    ///
    /// - Precondition: `kind` may be that long.
    public static func header(_ kind: FrameKind, length: Int) -> InlineArray<5, UInt8> {
        precondition(kind.lengths.contains(length), "frame \(kind) of \(length) bytes")
        let size = UInt32(length)
        return [
            kind.rawValue,
            UInt8(truncatingIfNeeded: size >> 24), UInt8(truncatingIfNeeded: size >> 16),
            UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size),
        ]
    }

    /// A whole frame.
    public static func frame(_ kind: FrameKind, _ payload: [UInt8] = []) -> [UInt8] {
        let header = header(kind, length: payload.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Limits.header + payload.count)
        for index in header.indices { bytes.append(header[index]) }
        bytes += payload
        return bytes
    }
}
