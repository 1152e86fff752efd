import CPostern

/// Who is at the other end, as far as the address tells.
public enum PeerAddress: Equatable, Sendable {
    case unix
    case vsock(cid: UInt32, port: UInt32)
    case other
}

/// Who made the connection of a Unix socket: SO_PEERCRED, as of connect(2).
public struct PeerCredentials: Equatable, Sendable {
    /// 0 for a process of a pid namespace we cannot see.
    public let pid: Int32
    public let uid: UInt32
    public let gid: UInt32
}

/// Stream sockets. Those made here are CLOEXEC.
public enum Sockets {
    /// Connects to a Unix socket; a leading NUL names an abstract one. Never blocks, now or later. EAGAIN: the
    /// listener's backlog is full.
    public static func connectUnix(path: [UInt8]) throws(SysError) -> OwnedFD {
        try connectUnix(path, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue))
    }

    /// Connects to a SOCK_SEQPACKET listener's path.
    public static func connectPackets(path: [UInt8]) throws(SysError) -> OwnedFD {
        try connectUnix(path, Int32(SOCK_SEQPACKET.rawValue))
    }

    /// Connects a datagram socket to a receiver's path. Never blocks.
    public static func connectDatagram(path: [UInt8]) throws(SysError) -> OwnedFD {
        try connectUnix(path, Int32(SOCK_DGRAM.rawValue))
    }

    private static func connectUnix(_ path: [UInt8], _ type: Int32) throws(SysError) -> OwnedFD {
        // SAFETY: the bytes are read during the call only.
        try unsafe connected { call in
            unsafe path.withUnsafeBytes {
                unsafe postern_connect_unix(
                    $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, type, call)
            }
        }
    }

    /// Begins to connect to a port of a vsock context. Never blocks, now or later. Once the socket polls writable,
    /// `pendingError` tells how it went: ETIMEDOUT when the guest took longer than so long to answer.
    ///
    /// `reserved` binds a free source port below 1024, and does without one where the kernel
    /// forbids it (EACCES), since only some guests ask for it.
    public static func connectVsock(
        cid: UInt32, port: UInt32, reserved: Bool, milliseconds: Int
    ) throws(SysError) -> OwnedFD {
        // SAFETY: the pointer is the helper's own.
        try unsafe connected {
            unsafe postern_connect_vsock(cid, port, reserved ? 1 : 0, UInt32(milliseconds), $0)
        }
    }

    /// SO_ERROR, which asking clears: why a begun connect failed; nil when it did not.
    public static func pendingError(of fd: borrowing OwnedFD) -> SysError? {
        let error = postern_socket_option(fd.raw, SO_ERROR)
        return error > 0 ? SysError(call: "connect", errno: Errno(rawValue: error)) : nil
    }

    private static func connected(
        _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    ) throws(SysError) -> OwnedFD {
        var call: UnsafePointer<CChar>?
        // SAFETY: `call` is set to a literal of the C function.
        let fd = unsafe body(&call)
        if fd >= 0 { return OwnedFD(owning: fd) }
        let error = Errno.last
        throw SysError(call: unsafe call.map { unsafe String(cString: $0) } ?? "socket", errno: error)
    }

    /// A nonblocking listener at a Unix path, which must be free. SOCK_SEQPACKET when `packets`.
    public static func listenUnix(path: [UInt8], packets: Bool = false) throws(SysError) -> OwnedFD {
        let type = packets ? SOCK_SEQPACKET : SOCK_STREAM
        // SAFETY: the bytes are read during the call only.
        let fd = try sysCall("bind") {
            unsafe path.withUnsafeBytes {
                unsafe postern_listen_unix(
                    $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, Int32(type.rawValue))
            }
        }
        return OwnedFD(owning: fd)
    }

    /// The next connection, nonblocking; nil when none waits.
    public static func accept(from listener: borrowing OwnedFD) throws(SysError) -> OwnedFD? {
        do {
            return OwnedFD(owning: try sysCall("accept4") { postern_accept(listener.raw) })
        } catch  where error.errno == .again || error.errno == Errno(rawValue: ECONNABORTED) {
            return nil
        }
    }

    /// Who connected; nil unless it is a Unix socket.
    public static func peerCredentials(of fd: borrowing OwnedFD) throws(SysError) -> PeerCredentials? {
        guard try peerAddress(of: fd) == .unix else { return nil }
        var raw = postern_ucred()
        // SAFETY: filled by the call.
        _ = try sysCall("getsockopt") { unsafe postern_peer_ucred(fd.raw, &raw) }
        return PeerCredentials(pid: raw.pid, uid: raw.uid, gid: raw.gid)
    }

    /// Where the connection comes from. ENOTCONN when the peer is gone already.
    public static func peerAddress(of fd: borrowing OwnedFD) throws(SysError) -> PeerAddress {
        var (cid, port): (UInt32, UInt32) = (0, 0)
        // SAFETY: the call fills both.
        let family = try sysCall("getpeername") { unsafe postern_peer_address(fd.raw, &cid, &port) }
        switch family {
        case AF_UNIX: return .unix
        case postern_family_vsock(): return .vsock(cid: cid, port: port)
        default: return .other
        }
    }

    /// SO_ACCEPTCONN: a listener, not a connection. False for what is no socket.
    public static func isListening(_ fd: borrowing OwnedFD) -> Bool {
        postern_socket_option(fd.raw, SO_ACCEPTCONN) == 1
    }

    /// Ends the connection both ways for everybody who holds it: PID 1 keeps a duplicate of an activated one
    /// until the unit is dead, so that closing ours would tell the peer nothing. What is queued is still
    /// sent.
    public static func shutdownBoth(_ fd: borrowing OwnedFD) {
        // ENOTCONN: the peer was quicker. There is nothing left to end.
        _ = shutdown(fd.raw, Int32(SHUT_RDWR))
    }

    /// Takes an inherited descriptor, such as 3 from systemd: CLOEXEC and nonblocking from now on. EBADF when
    /// there is none.
    public static func adopt(inherited number: Int32) throws(SysError) -> OwnedFD {
        _ = try sysCall("fcntl") { postern_fcntl(number, F_SETFD, FD_CLOEXEC) }
        let fd = OwnedFD(owning: number)
        try fd.setNonBlocking()
        return fd
    }

    /// Sends bytes and, with them, a duplicate of `fd` (SCM_RIGHTS). Ours stays open and ours. Returns the
    /// bytes sent, which may be fewer; the descriptor goes with the first.
    public static func send(
        _ bytes: [UInt8], with fd: borrowing OwnedFD, over socket: borrowing OwnedFD
    ) throws(SysError) -> Int {
        // SAFETY: the bytes are read during the call only.
        try sysCallSize("sendmsg") {
            unsafe bytes.withUnsafeBytes {
                unsafe postern_send_fd(socket.raw, $0.baseAddress, $0.count, fd.raw)
            }
        }
    }

    /// What one recvmsg gave.
    public struct Received: ~Copyable {
        public let result: IOResult
        public let bytes: [UInt8]
        /// CLOEXEC. A second descriptor in the same message is dropped by the kernel.
        public var descriptor: OwnedFD?
    }

    /// Receives bytes and at most one descriptor. Never blocks.
    public static func receive(from socket: borrowing OwnedFD, atMost limit: Int) throws(SysError) -> Received
    {
        var buffer = [UInt8](repeating: 0, count: limit)
        var fd: Int32 = -1
        // SAFETY: the call writes at most `limit` bytes and the one descriptor.
        let result = try ioCall("recvmsg") {
            unsafe buffer.withUnsafeMutableBytes {
                unsafe postern_receive_fd(socket.raw, $0.baseAddress, $0.count, &fd)
            }
        }
        let count = if case .bytes(let count) = result { count } else { 0 }
        return Received(
            result: result, bytes: Array(buffer.prefix(count)),
            descriptor: fd >= 0 ? OwnedFD(owning: fd) : nil)
    }
}

/// Two connected Unix stream sockets, CLOEXEC and blocking.
@frozen
public struct SocketPair: ~Copyable {
    public let first: OwnedFD
    public let second: OwnedFD

    public init(packets: Bool = false) throws(SysError) {
        let type = packets ? SOCK_SEQPACKET : SOCK_STREAM
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: a homogeneous tuple is laid out as the C array that socketpair fills.
        _ = try sysCall("socketpair") {
            unsafe withUnsafeMutableBytes(of: &ends) {
                unsafe postern_socketpair(
                    $0.baseAddress?.assumingMemoryBound(to: Int32.self), Int32(type.rawValue))
            }
        }
        first = OwnedFD(owning: ends.0)
        second = OwnedFD(owning: ends.1)
    }
}
