internal import PosternWire

/// Sessions as a table for people, in podman's manner.
public struct SessionTable {
    private static let titles = [
        "SESSION", "NAME", "USER", "COMMAND", "STATE", "TTY", "PID", "STARTED", "IDLE", "IN", "OUT",
        "ATTACHED",
    ]
    /// Longer commands are cut.
    private static let longest = 30

    private let sessions: [SessionReport]

    public init(_ sessions: [SessionReport]) { self.sessions = sessions }

    /// The table, with its titles. `now` in microseconds since the epoch.
    public func text(now: UInt64) -> String {
        let rows = [Self.titles] + sessions.map { Self.row($0, now) }
        let widths = Self.titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    private static func row(_ report: SessionReport, _ now: UInt64) -> [String] {
        let info = report.info
        let command = report.command
        return [
            SessionReport.short(info.session), info.name.map { Text.printable($0) } ?? "",
            info.user.map { Text.printable($0) } ?? "",
            command.count > longest ? command.prefix(longest - 1) + "…" : command, report.state,
            info.tty ?? "", info.pid.map { "\($0)" } ?? "",
            info.started.map { Quantity.ago($0, now: now) } ?? "", info.idle.map { Quantity.span($0) } ?? "",
            Quantity.bytes(info.stdin), Quantity.bytes(sum(info.stdout, info.stderr)), report.attached,
        ]
    }

    /// The numbers are a guest's: they need not make sense.
    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
