internal import PosternSys

/// Stdin on its way to the child: queued, held where the unit's attach tool would eat it, ended.
struct InputRelay: ~Copyable {
    private var queue: ByteQueue
    /// Interrupt characters that pass a held queue.
    private var urgent = ByteQueue(capacity: 256)
    private var holdUntil: UInt64?
    private var ending = End.open
    private var lastByte = UInt8(ascii: "\n")
    /// Bytes the child's pipe or terminal took.
    private(set) var written: UInt64 = 0
    /// What came after the child had closed its stdin was thrown away: that is no error (moby#1456).
    private var isBroken = false

    private enum End: Equatable {
        case open
        /// No more comes: half-close once the queue is written.
        case wanted
        /// On a terminal the end is a character, given when the child has read what was before it. It is
        /// looked at again at this time, then at growing distances: the kernel tells nobody.
        case waiting(at: UInt64, pause: UInt64, sentCooked: Bool)
        case done
    }

    init(capacity: Int, holdUntil: UInt64?) {
        queue = ByteQueue(capacity: capacity)
        self.holdUntil = holdUntil
    }

    /// When `write` wants to be called even though nothing became ready.
    var deadline: UInt64? {
        if let holdUntil, !queue.isEmpty || ending == .wanted { return holdUntil }
        if case .waiting(let time, _, _) = ending { return time }
        return nil
    }

    func wantsToWrite(at now: UInt64) -> Bool {
        !urgent.isEmpty || (!queue.isEmpty && !isHeld(at: now))
    }

    private func isHeld(at now: UInt64) -> Bool { holdUntil.map { now < $0 } ?? false }

    /// The child has written something: whatever attached it is ready.
    mutating func release() { holdUntil = nil }

    /// No more stdin will come.
    mutating func end() { if ending == .open { ending = .wanted } }

    /// Queues bytes from the client, which the window guarantees to fit. Returns how many were thrown away
    /// at once, and so count as consumed.
    mutating func take(_ bytes: Span<UInt8>, holdable: Bool, at now: UInt64) -> Int {
        if isBroken { return bytes.count }
        if !bytes.isEmpty { lastByte = bytes[bytes.count - 1] }
        guard holdable, isHeld(at: now) else {
            queue.append(bytes)
            return 0
        }
        // ^C, ^\ and ^Z pass at once: whoever waits for a program that does not start must get out.
        var held: [UInt8] = []
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0x03 || byte == 0x1C || byte == 0x1A, !urgent.isFull {
                urgent.append([byte])
            } else {
                held.append(byte)
            }
        }
        queue.append(held)
        return 0
    }

    /// Writes what the child takes without blocking. Returns how many bytes were consumed: written, or thrown
    /// away because the child reads no more.
    mutating func write(to process: inout SessionProcess, at now: UInt64) -> Int {
        if let time = holdUntil, now >= time { holdUntil = nil }
        var consumed = 0
        if !urgent.isEmpty { consumed += drained(Self.drain(&urgent, to: process.input)) }
        if !queue.isEmpty, holdUntil == nil { consumed += drained(Self.drain(&queue, to: process.input)) }
        if isBroken {
            consumed += queue.count
            queue.removeAll()
            process.input = nil
        }
        if queue.isEmpty, urgent.isEmpty, holdUntil == nil { finish(&process, now) }
        return consumed
    }

    /// Writes what fits; nil when the child reads no more.
    private static func drain(_ queue: inout ByteQueue, to fd: borrowing OwnedFD?) -> Int? {
        switch fd {
        case .none: return nil
        case .some(let fd):
            do throws(SysError) {
                guard case .bytes(let count) = try queue.drain(to: fd) else { return 0 }
                return count
            } catch {
                // EPIPE, or EIO of a terminal that is gone: the child does not read, which is its affair.
                return nil
            }
        }
    }

    private mutating func drained(_ count: Int?) -> Int {
        isBroken = isBroken || count == nil
        written += UInt64(count ?? 0)
        return count ?? 0
    }

    /// Half-closes, once everything before the end was written.
    private mutating func finish(_ process: inout SessionProcess, _ now: UInt64) {
        switch ending {
        case .open, .done: return
        case .waiting(let time, _, _) where now < time: return
        case .wanted where !process.isTerminal:
            process.input = nil
            ending = .done
        case .wanted:
            // What was just written is not in the line discipline's count yet.
            ending = .waiting(at: now + 2_000_000, pause: 2_000_000, sentCooked: false)
        case .waiting(_, let pause, let sent):
            ending = Self.writeEOF(
                process, now, pause: min(pause * 2, 1_000_000_000), sentCooked: sent, lastByte: lastByte)
        }
    }

    /// Gives the terminal its end-of-file character, when the child has read all before it: a child that
    /// changes the terminal's mode over an unread VEOF would read it as a NUL byte.
    ///
    /// One is given in canonical mode (after an unfinished line two, the first ends the line), and one to a
    /// program that edits lines itself and reads VEOF as the end of its input.
    private static func writeEOF(
        _ process: borrowing SessionProcess, _ now: UInt64, pause: UInt64, sentCooked: Bool, lastByte: UInt8
    ) -> End {
        let again = End.waiting(at: now + pause, pause: pause, sentCooked: sentCooked)
        switch process.terminal {
        case .none: return .done
        case .some(let terminal):
            do throws(SysError) {
                let state = try terminal.inputState()
                guard state.queued == 0, !(state.canonical && sentCooked) else { return again }
                var bytes = ByteQueue(capacity: 2)
                bytes.append([state.eofByte])
                if state.canonical, lastByte != UInt8(ascii: "\n") { bytes.append([state.eofByte]) }
                guard case .bytes = try bytes.drain(to: terminal.master) else { return again }
                return state.canonical ? .waiting(at: now + pause, pause: pause, sentCooked: true) : .done
            } catch {
                // The terminal is gone, and with it whoever could read an end.
                return .done
            }
        }
    }
}
