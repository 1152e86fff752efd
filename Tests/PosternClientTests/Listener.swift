import Glibc
import PosternSys

@testable import PosternClient

/// A listener at a path of its own.
struct Listener: ~Copyable {
    let path: [UInt8]
    let descriptor: OwnedFD

    init() throws {
        path = bytes("/tmp/postern-dialer-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        descriptor = try Sockets.listenUnix(path: path)
    }

    deinit { try? Files.remove(String(decoding: path, as: UTF8.self)) }

    func accept() throws -> OwnedFD {
        try awaitInput(descriptor)
        guard let connection = try Sockets.accept(from: descriptor) else { throw TimedOut() }
        return connection
    }
}
