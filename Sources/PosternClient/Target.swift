internal import PosternWire

/// Where a guest is reached, in systemd's own address syntax.
public enum Target: Equatable, Sendable {
    /// `unix:/path`
    case unix(path: [UInt8])
    /// `vsock:CID[:PORT]`
    case vsock(cid: UInt32, port: UInt32)
    /// `vsock-mux:/path[:PORT]`: the host side of Firecracker's and Cloud Hypervisor's vsock device.
    case mux(path: [UInt8], port: UInt32)

    /// The port where a guest listens unless said otherwise.
    public static let defaultPort: UInt32 = 722
    /// The longest path a Unix socket's address takes: sun_path without its NUL.
    static let longestPath = 107

    /// Reads a target as a user writes it.
    public init(_ text: [UInt8]) throws(TargetError) {
        if let path = Self.rest(of: text, after: "unix:") {
            self = .unix(path: try Self.path(path, in: text))
        } else if let address = Self.rest(of: text, after: "vsock:") {
            let parts = address.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count) else { throw .malformed(text) }
            guard let cid = Decimal.unsigned(parts[0]).flatMap({ UInt32(exactly: $0) }) else {
                throw .malformed(text)
            }
            // 0 is the hypervisor, 1 this very machine, 2 the host, the last one "any": none is a guest.
            // 1 and 2 stay usable, from inside a guest and on test systems.
            guard cid != 0, cid != .max else { throw .badContext(cid) }
            self = .vsock(cid: cid, port: try parts.count == 2 ? Self.port(parts[1]) : Self.defaultPort)
        } else if let address = Self.rest(of: text, after: "vsock-mux:") {
            // A path may hold colons: only digits behind the last one are a port.
            if let colon = address.lastIndex(of: UInt8(ascii: ":")),
                Decimal.unsigned(address[(colon + 1)...]) != nil
            {
                let port = try Self.port(address[(colon + 1)...])
                self = .mux(path: try Self.path(address[..<colon], in: text), port: port)
            } else {
                self = .mux(path: try Self.path(address, in: text), port: Self.defaultPort)
            }
        } else {
            throw .malformed(text)
        }
    }

    private static func rest(of text: [UInt8], after prefix: String) -> ArraySlice<UInt8>? {
        text.starts(with: prefix.utf8) ? text.dropFirst(prefix.utf8.count) : nil
    }

    private static func path(_ path: ArraySlice<UInt8>, in text: [UInt8]) throws(TargetError) -> [UInt8] {
        guard path.first == UInt8(ascii: "/"), !path.contains(0) else { throw .relativePath(text) }
        guard path.count <= longestPath else { throw .longPath(Array(path)) }
        return Array(path)
    }

    private static func port(_ digits: ArraySlice<UInt8>) throws(TargetError) -> UInt32 {
        // The last one is VMADDR_PORT_ANY.
        guard let port = Decimal.unsigned(digits).flatMap({ UInt32(exactly: $0) }), port > 0, port < .max
        else { throw .badPort(Array(digits)) }
        return port
    }
}

extension Target: CustomStringConvertible {
    /// As a user writes it, fit for a terminal.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(Text.printable(path))"
        case .vsock(let cid, Self.defaultPort): "vsock:\(cid)"
        case .mux(let path, Self.defaultPort): "vsock-mux:\(Text.printable(path))"
        case .vsock(let cid, let port): "vsock:\(cid):\(port)"
        case .mux(let path, let port): "vsock-mux:\(Text.printable(path)):\(port)"
        }
    }
}

/// What is wrong with a target.
public enum TargetError: Error, Equatable, Sendable {
    case malformed([UInt8])
    case relativePath([UInt8])
    case longPath([UInt8])
    case badContext(UInt32)
    case badPort([UInt8])
}

extension TargetError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let text):
            "'\(Text.printable(text))' is not a target; write unix:/path, vsock:CID[:PORT] or vsock-mux:/path[:PORT]"
        case .relativePath(let text):
            "'\(Text.printable(text))' needs an absolute path, as in unix:/run/postern/postern.sock"
        case .longPath(let path):
            "the path '\(Text.printable(path))' has \(path.count) bytes, a socket's has at most \(Target.longestPath); link to it from a shorter one"
        case .badContext(let cid):
            "\(cid) is no guest's CID; a guest has the one its VMM was given, 3 or more"
        case .badPort(let port):
            "'\(Text.printable(port))' is not a port; write 1 to 4294967294, or leave it out for \(Target.defaultPort)"
        }
    }
}
