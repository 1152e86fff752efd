import PosternSys
import PosternWire

/// Where a guest is reached, in systemd's own address syntax.
public enum Target: Equatable, Sendable {
    /// `unix:/path`
    case unix(path: [UInt8])
    /// `vsock:CID[:PORT]`
    case vsock(cid: UInt32, port: UInt32)
    /// `vsock-mux:/path[:PORT]`: the host-side socket of Firecracker or Cloud Hypervisor.
    case mux(path: [UInt8], port: UInt32)

    /// Where workers listen: below 1024, so that no unprivileged process of the guest can take it first.
    public static let defaultPort: UInt32 = 722

    /// Reads what a user typed; nothing is connected.
    public init(parsing text: [UInt8]) throws(TargetError) {
        let colon = UInt8(ascii: ":")
        guard let first = text.firstIndex(of: colon) else { throw .unknownScheme(text) }
        let rest = Array(text[(first + 1)...])
        switch String(validating: text[..<first], as: UTF8.self) {
        case "unix":
            guard rest.first == UInt8(ascii: "/") else { throw .notAPath(rest) }
            self = .unix(path: rest)
        case "vsock":
            let parts = rest.split(separator: colon, omittingEmptySubsequences: false)
            guard parts.count <= 2, let cid = Decimal.unsigned(parts[0]), cid < UInt64(UInt32.max) else {
                throw .badCID(rest)
            }
            let port = parts.count == 2 ? try Self.port(Array(parts[1])) : Self.defaultPort
            self = .vsock(cid: UInt32(cid), port: port)
        case "vsock-mux":
            guard rest.first == UInt8(ascii: "/") else { throw .notAPath(rest) }
            // A colon may stand in a path: only digits after the last one are a port.
            if let last = rest.lastIndex(of: colon), Decimal.unsigned(rest[(last + 1)...]) != nil {
                self = .mux(path: Array(rest[..<last]), port: try Self.port(Array(rest[(last + 1)...])))
            } else {
                self = .mux(path: rest, port: Self.defaultPort)
            }
        default: throw .unknownScheme(text)
        }
    }

    private static func port(_ digits: [UInt8]) throws(TargetError) -> UInt32 {
        guard let port = Decimal.unsigned(digits), port < UInt64(UInt32.max) else { throw .badPort(digits) }
        return UInt32(port)
    }

    /// As it is typed.
    public var text: String {
        switch self {
        case .unix(let path): "unix:" + Text.printable(path)
        case .vsock(let cid, Self.defaultPort): "vsock:\(cid)"
        case .vsock(let cid, let port): "vsock:\(cid):\(port)"
        case .mux(let path, Self.defaultPort): "vsock-mux:" + Text.printable(path)
        case .mux(let path, let port): "vsock-mux:" + Text.printable(path) + ":\(port)"
        }
    }
}

/// A target that cannot be one.
public enum TargetError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownScheme([UInt8])
    case notAPath([UInt8])
    case badCID([UInt8])
    case badPort([UInt8])

    public var description: String {
        let forms = "give unix:/PATH, vsock:CID[:PORT] or vsock-mux:/PATH[:PORT]"
        return switch self {
        case .unknownScheme(let text): "'\(Text.printable(text))' is not a target; \(forms)"
        case .notAPath(let text): "'\(Text.printable(text))' is not an absolute path; \(forms)"
        case .badCID(let text): "'\(Text.printable(text))' is not a vsock CID; \(forms)"
        case .badPort(let text): "'\(Text.printable(text))' is not a port; \(forms)"
        }
    }
}
