import CPostern

/// A signal's number, 1…64.
public struct Signal: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let hup = Signal(rawValue: SIGHUP)
    public static let int = Signal(rawValue: SIGINT)
    public static let quit = Signal(rawValue: SIGQUIT)
    public static let abrt = Signal(rawValue: SIGABRT)
    public static let kill = Signal(rawValue: SIGKILL)
    public static let usr1 = Signal(rawValue: SIGUSR1)
    public static let usr2 = Signal(rawValue: SIGUSR2)
    public static let pipe = Signal(rawValue: SIGPIPE)
    public static let alrm = Signal(rawValue: SIGALRM)
    public static let term = Signal(rawValue: SIGTERM)
    public static let chld = Signal(rawValue: SIGCHLD)
    public static let cont = Signal(rawValue: SIGCONT)
    public static let stop = Signal(rawValue: SIGSTOP)
    public static let tstp = Signal(rawValue: SIGTSTP)
    public static let ttin = Signal(rawValue: SIGTTIN)
    public static let ttou = Signal(rawValue: SIGTTOU)
    public static let winch = Signal(rawValue: SIGWINCH)

    /// The names of 1…31 on x86-64 and arm64, which agree.
    private static let names: [StaticString] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
        "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// The signal that a user means: `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN`, `RTMIN+3`, `RTMAX-2`. Nil
    /// for anything else, and for a number outside 1…64.
    public init?(_ text: [UInt8]) {
        // Longer than any name: not worth folding.
        guard !text.isEmpty, text.count <= 16 else { return nil }
        if let number = Signal.number(text[...]) {
            guard (1...64).contains(number) else { return nil }
            self.init(rawValue: number)
            return
        }
        var word = text.map { (97...122).contains($0) ? $0 - 32 : $0 }[...]
        if word.starts(with: "SIG".utf8) { word = word.dropFirst(3) }
        if let found = Signal.names.firstIndex(where: { word.elementsEqual($0.description.utf8) }) {
            self.init(rawValue: Int32(found) + 1)
        } else if word.elementsEqual("CLD".utf8) {
            self = .chld
        } else if word.elementsEqual("IOT".utf8) {
            self = .abrt
        } else if word.elementsEqual("POLL".utf8) {
            self.init(rawValue: SIGIO)
        } else {
            guard let realtime = Signal.realtime(word) else { return nil }
            self.init(rawValue: realtime)
        }
    }

    /// The name without SIG: `TERM`, `RTMIN+3`; the number where there is none (glibc keeps 32 and 33).
    public var name: String {
        if (1...31).contains(rawValue) { return Signal.names[Int(rawValue) - 1].description }
        let (lowest, highest) = (postern_signal_min_realtime(), postern_signal_max_realtime())
        switch rawValue {
        case lowest: return "RTMIN"
        case highest: return "RTMAX"
        case lowest...highest: return "RTMIN+\(rawValue - lowest)"
        default: return "\(rawValue)"
        }
    }

    public var description: String { "SIG" + name }

    /// Does to this process what `signal` does by default, even if it is handled, ignored or blocked: ends
    /// it, or stops it and returns after SIGCONT.
    public static func raiseDefault(_ signal: Signal) throws(SysError) {
        _ = try sysCall("raise") { postern_raise_default(signal.rawValue) }
    }

    /// Ignores the signal in this process, or gives it its default action back. A child of ours starts with
    /// the default in any case.
    public static func ignore(_ signal: Signal, _ ignored: Bool = true) throws(SysError) {
        _ = try sysCall("sigaction") { postern_signal_ignore(signal.rawValue, ignored ? 1 : 0) }
    }

    /// kill(2): a process for a positive number, a process group for a negative one. Prefer `Child.signal`,
    /// whose pidfd cannot name a stranger.
    public static func send(_ signal: Signal, to pid: Int32) throws(SysError) {
        _ = try sysCall("kill") { CPostern.kill(pid, signal.rawValue) }
    }

    private static func realtime(_ word: ArraySlice<UInt8>) -> Int32? {
        let (lowest, highest) = (postern_signal_min_realtime(), postern_signal_max_realtime())
        let rest = word.dropFirst(5)
        let offset: Int32
        if rest.isEmpty {
            offset = 0
        } else if let number = number(rest.dropFirst()) {
            offset = number
        } else {
            return nil
        }
        let value: Int32
        switch (word.starts(with: "RTMIN".utf8), word.starts(with: "RTMAX".utf8), rest.first) {
        case (true, _, nil), (true, _, UInt8(ascii: "+")): value = lowest + offset
        case (_, true, nil), (_, true, UInt8(ascii: "-")): value = highest - offset
        default: return nil
        }
        return (lowest...highest).contains(value) ? value : nil
    }

    /// One to three digits and nothing else.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        guard (1...3).contains(digits.count) else { return nil }
        var value: Int32 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int32(digit - 48)
        }
        return value
    }
}
