internal import PosternWire

/// What is wrong with something a user typed: where, what it was, and what to write instead.
public struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line without control characters.
    public let description: String

    /// - Parameter place: the option, with what it was given: quoted as in `--timeout 'x'`.
    public init(_ place: String, _ problem: String) { description = "\(place): \(problem)" }

    init(_ place: String, given: [UInt8], _ problem: String) {
        self.init("\(place) '\(Text.printable(given))'", problem)
    }
}
