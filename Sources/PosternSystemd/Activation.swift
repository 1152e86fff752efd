import CSystemd
public import PosternSys

/// Why there is no connection to serve.
public enum ActivationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// LISTEN_FDS is unset or not meant for this process.
    case none
    case several(Int)
    /// A listening socket: the unit lacks Accept=yes, or Restart= passed it on.
    case listening
    /// Not a connected AF_UNIX or AF_VSOCK stream socket.
    case notASocket
    case system(SysError)

    public var description: String {
        switch self {
        case .none: "systemd passed no connection: it is started by a socket unit with Accept=yes"
        case .several(let count): "systemd passed \(count) descriptors: a session has one connection"
        case .listening:
            "systemd passed a listening socket: the socket unit needs Accept=yes, and the service Restart=no"
        case .notASocket: "descriptor 3 is no connected stream socket of the family AF_UNIX or AF_VSOCK"
        case .system(let error): error.description
        }
    }
}

/// The connection that systemd accepted for us: sd_listen_fds(3).
public enum Activation {
    /// Takes over the one inherited connection, CLOEXEC and nonblocking, and removes LISTEN_* from the
    /// environment.
    ///
    /// Call it once, before anything else opens descriptors. Never blocks.
    public static func connection() throws(ActivationError) -> OwnedFD {
        let count = sd_listen_fds(1)
        guard count != 0 else { throw .none }
        guard count > 0 else {
            throw .system(SysError(call: "sd_listen_fds", errno: Errno(rawValue: -count)))
        }
        guard count == 1 else { throw .several(Int(count)) }
        let first: Int32 = 3  // SD_LISTEN_FDS_START
        let connection: OwnedFD
        do throws(SysError) {
            connection = try Sockets.adopt(inherited: first)
        } catch {
            throw .system(error)
        }
        if Sockets.isListening(connection) { throw .listening }
        guard sd_is_socket(connection.raw, 0, streamType, 0) > 0 else { throw .notASocket }
        let peer: PeerAddress
        do throws(SysError) {
            peer = try Sockets.peerAddress(of: connection)
        } catch {
            // The client has left already. The worker will read its end of file.
            if error.errno == .notConnected { return connection }
            throw .system(error)
        }
        guard peer != .other else { throw .notASocket }
        return connection
    }

    /// SOCK_STREAM, the same on x86-64 and arm64.
    private static let streamType: Int32 = 1
}
