/// Takes out of output what a terminal answers: who it is, where its cursor stands, which colours it has.
///
/// Replayed output holds questions that were answered, by another terminal, long ago. Asked again, ours would type
/// its answers into whatever reads the session's input now. One could look for these answers in what is typed, and
/// drop them; but they look like keys, and may come late or in part. Not asking is the surer way.
///
/// Everything else passes byte for byte, wherever the stream was cut. What might be a question is held back until
/// that is clear.
struct QueryFilter {
    /// No question is longer; what is goes on as it is.
    private static let longest = 4096

    private enum State: Equatable {
        case ground
        case escape
        /// The first half of U+0080…U+00BF, among which are the controls of eight bits.
        case highControl
        case csi
        /// OSC or DCS, by the second byte of their form with ESC.
        case string(UInt8)
        /// A string that is no question.
        case passing
        /// Within a string: `\` makes it the string's end, anything else breaks the string off.
        case stringEscape(UInt8?)
        /// The first half of ST as U+009C, or of a letter.
        case stringHighControl(UInt8?)
    }

    private var state = State.ground
    /// The sequence under way.
    private var held: [UInt8] = []
    /// Sequences before it that were broken off. They do nothing; but passed on alone, their beginning would join
    /// with what comes behind a question that is taken out.
    private var abandoned: [UInt8] = []

    /// The sequence under way breaks off a string that has passed. If it is taken out, something else has to.
    private var breaksString = false

    /// How many bytes are held back.
    var heldCount: Int { abandoned.count + held.count }

    /// What of `bytes`, and of what was held back, passes now.
    mutating func pass(_ bytes: Span<UInt8>) -> [UInt8] {
        var passing: [UInt8] = []
        passing.reserveCapacity(bytes.count)
        for index in bytes.indices { take(bytes[index], &passing) }
        return passing
    }

    /// What is held back, when no more replayed output will come. The filter is as new.
    mutating func release() -> [UInt8] {
        defer { self = QueryFilter() }
        return abandoned + held
    }

    private mutating func take(_ byte: UInt8, _ passing: inout [UInt8]) {
        switch state {
        case .ground:
            switch byte {
            case 0x1B: begin(byte, .escape)
            case 0xC2: begin(byte, .highControl)
            case 0x05: break
            default: passing.append(byte)
            }
        case .escape: takeAfterEscape(byte, &passing)
        case .highControl: takeHighControl(byte, &passing)
        case .csi: takeParameter(byte, &passing)
        case .string(let kind): takeString(byte, kind, &passing)
        case .passing: takeString(byte, nil, &passing)
        case .stringEscape(let kind):
            if byte == UInt8(ascii: "\\") { return endString(byte, kind, &passing) }
            held.removeLast()
            breaksString = kind == nil
            begin(0x1B, .escape)
            takeAfterEscape(byte, &passing)
        case .stringHighControl(let kind):
            if byte == 0x9C { return endString(byte, kind, &passing) }
            resume(kind, &passing)
            takeString(byte, kind, &passing)
        }
    }

    /// A new sequence; one that was under way is broken off.
    private mutating func begin(_ byte: UInt8, _ next: State) {
        abandoned += held
        held = [byte]
        state = next
    }

    private mutating func takeAfterEscape(_ byte: UInt8, _ passing: inout [UInt8]) {
        switch byte {
        case 0x05: return
        case 0x1B: return begin(byte, .escape)
        default: held.append(byte)
        }
        switch byte {
        case UInt8(ascii: "["): state = .csi
        case UInt8(ascii: "]"), UInt8(ascii: "P"): state = .string(byte)
        case UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"): flush(&passing, .passing)
        case UInt8(ascii: "Z"): drop(&passing)
        default: flush(&passing)
        }
    }

    private mutating func takeHighControl(_ byte: UInt8, _ passing: inout [UInt8]) {
        held.append(byte)
        switch byte {
        case 0x9B: state = .csi
        case 0x9D: state = .string(UInt8(ascii: "]"))
        case 0x90: state = .string(UInt8(ascii: "P"))
        case 0x98, 0x9E, 0x9F: flush(&passing, .passing)
        case 0x9A: drop(&passing)
        case 0x1B:
            held.removeLast()
            begin(byte, .escape)
        default: flush(&passing)
        }
    }

    private mutating func takeParameter(_ byte: UInt8, _ passing: inout [UInt8]) {
        switch byte {
        case 0x1B: begin(byte, .escape)
        case 0x05: break
        case 0x40...0x7E:
            let body = held.dropFirst(2).filter { $0 >= 0x20 }
            held.append(byte)
            if Self.isQuery(body, byte) { drop(&passing) } else { flush(&passing) }
        // Controls within a sequence are obeyed and do not end it, but for CAN and SUB.
        case 0x00...0x17, 0x19, 0x1C...0x3F:
            held.append(byte)
            if heldCount > Self.longest { flush(&passing) }
        default:
            held.append(byte)
            flush(&passing)
        }
    }

    /// Nil stands for the kind of a string that is no question.
    private mutating func takeString(_ byte: UInt8, _ kind: UInt8?, _ passing: inout [UInt8]) {
        held.append(byte)
        switch byte {
        // BEL, CAN and SUB.
        case 0x07, 0x18, 0x1A: endString(nil, kind, &passing, isWhole: byte == 0x07)
        case 0x1B: state = .stringEscape(kind)
        case 0xC2: state = .stringHighControl(kind)
        default: resume(kind, &passing)
        }
    }

    /// Goes on within a string, which is not held back for longer than it may be a question.
    private mutating func resume(_ kind: UInt8?, _ passing: inout [UInt8]) {
        let isOther = kind == UInt8(ascii: "P") && held.count >= 4 && !Self.asksSetting(held.dropFirst(2))
        guard let kind, !isOther, heldCount <= Self.longest else { return flush(&passing, .passing) }
        state = .string(kind)
    }

    private mutating func endString(
        _ last: UInt8?, _ kind: UInt8?, _ passing: inout [UInt8], isWhole: Bool = true
    ) {
        if let last { held.append(last) }
        let body = held.dropFirst(2)
        let isQuery =
            switch kind {
            case UInt8(ascii: "]"): Self.asksColour(body)
            case .some: Self.asksSetting(body)
            case nil: false
            }
        if isQuery, isWhole { held = [] }
        if held.isEmpty { drop(&passing) } else { flush(&passing) }
    }

    private mutating func flush(_ passing: inout [UInt8], _ next: State = .ground) {
        passing += abandoned + held
        (abandoned, held, breaksString) = ([], [], false)
        state = next
    }

    /// Drops the question, and keeps the controls that stood within.
    private mutating func drop(_ passing: inout [UInt8]) {
        if breaksString { passing.append(0x18) }
        passing += (abandoned + held).filter { $0 < 0x20 && $0 != 0x1B && $0 != 0x05 }
        (abandoned, held, breaksString) = ([], [], false)
        state = .ground
    }

    // MARK: - Questions

    /// DA, DSR, XTVERSION, DECRQM, the keyboard's and the window's reports, and their rarer relatives.
    private static func isQuery(_ body: [UInt8], _ final: UInt8) -> Bool {
        let prefix = body.first.flatMap { (0x3C...0x3F).contains($0) ? $0 : nil }
        let intermediates = String(decoding: body.filter { $0 < 0x30 }, as: UTF8.self)
        let first = String(
            decoding: body.dropFirst(prefix == nil ? 0 : 1).prefix { (0x30...0x39).contains($0) },
            as: UTF8.self)
        let asked = prefix.map { String(Unicode.Scalar($0)) } ?? ""
        switch (asked, intermediates, final) {
        case ("", "", UInt8(ascii: "c")), (">", "", UInt8(ascii: "c")), ("=", "", UInt8(ascii: "c")):
            return true
        case ("", "", UInt8(ascii: "n")): return first == "5" || first == "6"
        case ("?", "", UInt8(ascii: "n")): return true
        case (">", "", UInt8(ascii: "q")): return true
        case (_, "$", UInt8(ascii: "p")), ("", "$", UInt8(ascii: "w")), ("", "*", UInt8(ascii: "y")):
            return true
        case ("?", "", UInt8(ascii: "u")), ("?", "", UInt8(ascii: "m")), ("?", "", UInt8(ascii: "S")):
            return true
        case ("", "", UInt8(ascii: "x")): return true
        case ("", "", UInt8(ascii: "t")):
            return ["11", "13", "14", "15", "16", "18", "19", "20", "21"].contains(first)
        default: return false
        }
    }

    /// `OSC n ; … ; ?`: palette, dynamic colours, clipboard.
    private static func asksColour(_ body: ArraySlice<UInt8>) -> Bool {
        let text = body.prefix { $0 >= 0x20 && $0 != 0xC2 }
        let words = text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let number = words.first.flatMap({ Int($0) }), words.dropFirst().contains("?") else {
            return false
        }
        return number == 4 || number == 5 || (10...19).contains(number) || number == 52
    }

    /// DECRQSS and XTGETTCAP.
    private static func asksSetting(_ body: ArraySlice<UInt8>) -> Bool {
        body.starts(with: "$q".utf8) || body.starts(with: "+q".utf8)
    }
}
