public import PosternSys
internal import PosternWire

/// Why a guest could not be reached.
public enum ConnectError: Error, Equatable, Sendable {
    case failed(Target, SysError)
    /// A multiplexer closed the connection, again and again, before it said OK.
    case noListener(Target)
    /// It said something, but not OK.
    case badAnswer(Target, [UInt8])
    case noAnswer(Target)

    /// Nothing was heard in time.
    static func silent(_ target: Target) -> ConnectError {
        if case .mux = target { return .noAnswer(target) }
        return .failed(target, SysError(call: "connect", errno: .connectionTimedOut))
    }
}

extension ConnectError: CustomStringConvertible {
    /// What failed, where, and what to try.
    public var description: String {
        switch self {
        case .failed(let target, let error):
            "cannot connect to \(target): \(error)"
                + (Self.remedy(target, error.errno).map { "; " + $0 } ?? "")
        case .noListener(let target):
            "\(target) closed the connection before OK; is postern-vsock.socket active in the guest?"
        case .badAnswer(let target, let answer):
            "\(target) answered '\(Text.printable(answer, limit: 80))' instead of OK; is it a VMM's vsock socket?"
        case .noAnswer(let target):
            "\(target) did not answer CONNECT within \(Dialer.patience / 1000) seconds; is the VMM alive?"
        }
    }

    private static func remedy(_ target: Target, _ errno: Errno) -> String? {
        switch (target, errno) {
        case (.unix, .noEntry): "is the path right, and postern.socket active in the guest?"
        case (.unix, .connectionRefused):
            "nobody listens there any more: `systemctl start postern.socket` in the guest"
        case (.unix, .again): "more wait at this socket than it takes: try again"
        case (.unix, .access), (.mux, .access): "you may not use this socket: try sudo"
        case (.mux, .noEntry), (.mux, .connectionRefused):
            "is the VMM running, with its vsock device at this path?"
        case (.vsock, .noDevice): "no vsock there: is the guest running, and vhost_vsock loaded?"
        case (.vsock, .connectionReset), (.vsock, .connectionRefused):
            "nothing listens on this port: `systemctl start postern-vsock.socket` in the guest"
        case (.vsock, .connectionTimedOut), (.vsock, .hostUnreachable):
            "is a guest with this CID running?"
        case (.vsock, Errno.noFamily): "this kernel has no AF_VSOCK: `modprobe vhost_vsock`"
        default: nil
        }
    }
}

extension Errno {
    /// EAFNOSUPPORT, the same number on every architecture we support.
    static let noFamily = Errno(rawValue: 97)
}
