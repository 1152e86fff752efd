internal import PosternSys
internal import PosternWire

/// What is on record of a session: who may ask for it, what it is or was, and, once it has ended, the output that
/// no client had consumed.
///
/// As a file: two blocks of fields, each behind its length (u32, big-endian), and then the output as frames. The
/// first block is ours, the second a SESSION frame's payload.
struct Record {
    /// Besides root, who may ask for the session.
    var owner: UInt32
    /// The writer's, to know its OPEN again.
    var token: SessionID
    var info: SessionInfo
    /// The offset up to which the worker held stdin.
    var received: UInt64 = 0
    /// The offset up to which the last writer had consumed the output.
    var consumed: UInt64 = 0
    /// The output that was kept, as STDOUT and STDERR frames, from `info.start` on.
    var output: [UInt8] = []

    /// The most that is read back: the largest ring, and frames of one byte each.
    private static let longest = 2 << 30

    init(owner: UInt32, token: SessionID, info: SessionInfo) {
        self.owner = owner
        self.token = token
        self.info = info
    }

    func encode() -> [UInt8] {
        var fields = FieldWriter()
        fields.put("owner", UInt64(owner))
        fields.put("token", token.text)
        fields.put("received", received)
        fields.put("consumed", consumed)
        return Self.block(fields.bytes) + Self.block(info.encode()) + output
    }

    private static func block(_ bytes: [UInt8]) -> [UInt8] { BigEndian.bytes(UInt32(bytes.count)) + bytes }

    /// Nil when there is no such file, or nothing of ours in it: a worker that died before it wrote.
    ///
    /// - Parameter whole: with the output; most want to know only what the session is.
    static func read(_ path: String, whole: Bool = false) throws(SysError) -> Record? {
        let file = whole ? try Files.readSmall(path, limit: longest) : try Files.readPrefix(path, 16 * 1024)
        guard let bytes = file else { return nil }
        var rest = bytes[...]
        guard let head = takeBlock(&rest), let info = takeBlock(&rest) else { return nil }
        do throws(WireError) {
            var record = Record(owner: 0, token: .zero, info: try SessionInfo(info))
            var reader = FieldReader(head)
            while let field = try reader.next() {
                let number = Decimal.unsigned(field.value) ?? 0
                switch field.key {
                case "owner": record.owner = UInt32(clamping: number)
                case "token": record.token = SessionID(field.value) ?? .zero
                case "received": record.received = number
                case "consumed": record.consumed = number
                // A later version's.
                default: break
                }
            }
            if whole { record.output = Array(rest) }
            // Offsets end where 64 bits do: what would go beyond is no session's.
            let start = record.info.start ?? 0
            return start.addingReportingOverflow(UInt64(rest.count)).overflow ? nil : record
        } catch {
            return nil
        }
    }

    private static func takeBlock(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.count >= 4 else { return nil }
        let length = Int(BigEndian.number(bytes.prefix(4)))
        guard bytes.count >= 4 + length else { return nil }
        defer { bytes = bytes.dropFirst(4 + length) }
        return Array(bytes.dropFirst(4).prefix(length))
    }

    /// The output as a log again.
    func log() -> OutputLog {
        var log = OutputLog(capacity: max(1, output.count), at: info.start ?? 0)
        var decoder = FrameDecoder(from: .worker)
        var position = 0
        let bytes = output.span
        // A file of ours; what is not a frame ends it.
        while let event = try? decoder.next(in: bytes, at: &position) {
            if case .data(let kind, let range) = event { log.append(kind, bytes.extracting(range)) }
        }
        return log
    }
}

extension OutputLog {
    /// What is held from `offset` on, as frames.
    func frames(from offset: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var queue = ByteQueue(capacity: Limits.header + Limits.data)
        var offset = max(offset, start)
        while let piece = piece(from: offset, upTo: .max) {
            copyRest(of: piece, after: 0, to: &queue)
            bytes += queue.copy()
            queue.removeAll()
            offset = piece.range.upperBound
        }
        return bytes
    }
}

/// Lengths of our own making.
enum BigEndian {
    static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
