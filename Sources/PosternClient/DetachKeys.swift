internal import PosternWire

/// The keys that leave a session running: `ctrl-p,ctrl-q`, in podman's syntax.
///
/// What may be their beginning is held back until it is clear that it is not: the guest never sees them.
public struct DetachKeys: Equatable, Sendable {
    private let keys: [UInt8]
    /// Typed, and so far the beginning of `keys`.
    private var held: [UInt8] = []

    /// Reads what a user typed. Nil for nothing: no key detaches.
    public static func parse(_ text: [UInt8]) throws(UsageError) -> DetachKeys? {
        guard !text.isEmpty else { return nil }
        var keys: [UInt8] = []
        for word in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let key = key(word) else {
                throw UsageError(
                    "--detach-keys", given: text,
                    "write single characters or ctrl- and one of a-z @ ^ [ \\ ] _, separated by commas, as in ctrl-p,ctrl-q"
                )
            }
            keys.append(key)
        }
        return DetachKeys(keys: keys)
    }

    private init(keys: [UInt8]) { self.keys = keys }

    private static func key(_ word: ArraySlice<UInt8>) -> UInt8? {
        if word.count == 1, let key = word.first, (0x20..<0x7F).contains(key) { return key }
        guard word.count == 6, word.starts(with: "ctrl-".utf8), let letter = word.last else { return nil }
        return switch letter {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter & 0x1F
        case 0x40, 0x5B...0x5F: letter & 0x1F
        default: nil
        }
    }

    /// How many typed bytes are held back.
    var heldCount: Int { held.count }

    /// Takes what is typed. Returns what of it passes, and whether the keys were among it: then what came after
    /// them is dropped.
    mutating func take(_ typed: [UInt8]) -> (passing: [UInt8], isDetaching: Bool) {
        var passing: [UInt8] = []
        for byte in typed {
            held.append(byte)
            while !keys.starts(with: held) { passing.append(held.removeFirst()) }
            guard held.count == keys.count else { continue }
            held = []
            return (passing, true)
        }
        return (passing, false)
    }

    /// What is held back, when nothing more will be typed.
    mutating func release() -> [UInt8] {
        defer { held = [] }
        return held
    }
}
