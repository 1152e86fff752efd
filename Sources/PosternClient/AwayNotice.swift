/// Tells the user that the connection is lost, and takes it back when it is there again.
///
/// On a terminal that shows the guest's screen it is one line at the top, and the cursor stays where it is;
/// elsewhere it is a line like any other.
struct AwayNotice {
    /// A connection that is back before is not worth a word, in milliseconds.
    static let patience: UInt64 = 300

    private(set) var isShown = false
    private let isPainted: Bool

    init(isPainted: Bool) { self.isPainted = isPainted }

    /// What to write. Empty when it was written already.
    mutating func show(escape: Bool) -> String {
        guard !isShown else { return "" }
        isShown = true
        guard isPainted else { return "postern: connection lost, reconnecting\n" }
        let way = escape ? " (^] three times gives up)" : ""
        return
            "\u{1B}7\u{1B}[1;1H\u{1B}[2K\u{1B}[7mpostern: connection lost, reconnecting ...\(way)\u{1B}[0m\u{1B}8"
    }

    /// What to write when the connection is back, or is given up.
    mutating func hide(isBack: Bool) -> String {
        guard isShown else { return "" }
        isShown = false
        if isPainted { return "\u{1B}7\u{1B}[1;1H\u{1B}[2K\u{1B}8" }
        return isBack ? "postern: connected again\n" : ""
    }
}
