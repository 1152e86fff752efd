internal import PosternSys

/// The user's terminal, raw while the session has it.
///
/// It is put back on every way out: by `leave`, by the deinit, and by a guardian process should this one be killed
/// with SIGKILL. Always with TCSANOW: a terminal stopped by ^S never drains.
struct HostTerminal: ~Copyable {
    private let descriptor: OwnedFD
    private let cooked: TerminalModes
    private let raw: TerminalModes
    private var guardian: TerminalGuardian?
    private var isGuarded = false
    private(set) var isRaw = false

    /// Takes note of how the terminal is set, and changes nothing.
    init(_ descriptor: consuming OwnedFD) throws(SysError) {
        cooked = try TerminalModes.current(of: descriptor)
        raw = cooked.makeRaw()
        self.descriptor = descriptor
    }

    deinit {
        // Nobody is left to be told; `leave` was the place for that.
        if isRaw { _ = try? cooked.apply(to: descriptor) }
    }

    /// Goes raw, also again after something else changed the modes. Does nothing in the background, where
    /// the terminal is somebody else's: SIGCONT is the time to try again.
    mutating func enter() throws(SysError) {
        guard Terminal.isForeground(descriptor) else { return }
        if !isGuarded {
            guardian = try TerminalGuardian.start(on: descriptor, restoring: cooked)
            isGuarded = true
        }
        // Before the change: the guardian acts only on a terminal that has exactly these modes.
        try tellGuardian(raw)
        isRaw = true
        try raw.apply(to: descriptor)
    }

    /// Puts the terminal back.
    mutating func leave() throws(SysError) {
        guard isRaw else { return }
        isRaw = false
        if Terminal.isForeground(descriptor) {
            try cooked.apply(to: descriptor)
        } else if try TerminalModes.current(of: descriptor) == raw {
            // In the background SIGTTOU would stop us, and the terminal would stay raw.
            try Signal.ignore(.ttou)
            defer { try? Signal.ignore(.ttou, false) }
            try cooked.apply(to: descriptor)
        }
        try tellGuardian(nil)
    }

    private func tellGuardian(_ modes: TerminalModes?) throws(SysError) {
        switch guardian {
        case .none: break
        case .some(let guardian):
            if let modes { try guardian.rawActive(modes) } else { try guardian.cookedActive() }
        }
    }
}
