import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// A registry of its own, cleared away afterwards.
func withRegistry(keep: Int = 10, _ body: (Registry) throws -> Void) throws {
    let path = "/tmp/postern-state-" + SessionID.random().text
    defer { removeAll(path) }
    try body(try Registry(path, template: "t", keep: keep))
}

func removeAll(_ path: String) {
    // A file has no names in it.
    for name in (try? Files.list(path)) ?? [] { removeAll(path + "/" + name) }
    try? Files.remove(path)
}

/// Lets a file be so many seconds old.
func age(_ path: String, seconds: UInt64) throws {
    let time = WallClock.microseconds() / 1_000_000 - seconds
    let spec = ChildSpec(
        arguments: ["touch", "-m", "-d", "@\(time)", path].map(bytes), programs: [bytes("/usr/bin/touch")])
    let null = try Files.null()
    let child = try Child.spawn(spec, stdin: null, stdout: null, stderr: null, cgroup: nil)
    #expect(try child.reap().outcome == .code(0))
}

extension OpenRequest {
    static func of(_ id: SessionID = .random(), name: String? = nil) -> OpenRequest {
        var request = OpenRequest(session: id, token: .random(), limit: 0)
        request.name = name.map(bytes)
        return request
    }
}

extension Record {
    static func of(
        _ id: SessionID, _ state: SessionInfo.State = .ended, name: String? = nil, owner: UInt32 = 0
    ) -> Record {
        var info = SessionInfo(session: id, state: state)
        info.name = name.map(bytes)
        if state == .ended { info.exit = Exit(status: .code(0)) }
        return Record(owner: owner, token: .zero, info: info)
    }
}

extension Registry {
    /// A session's place, which must be free.
    func take(_ request: OpenRequest, most: Int? = nil) throws(ErrorReport) -> Reservation? {
        switch try Reservation.take(request, in: self, most: most) {
        case .taken(let place): return place
        case .found: return nil
        }
    }

    /// The file of a worker that died after it had written its record, with its socket.
    func leave(_ record: Record) throws {
        let id = record.info.session.text
        try Files.create(record.encode(), at: idPath(id))
        try Files.create([], at: socketPath(id))
    }

    /// What is at an id, in a word.
    func word(_ id: SessionID) throws -> String {
        switch try find(id) {
        case .living(.some): "living"
        case .living(nil): "being made"
        case .ended: "ended"
        case .lost(.some): "lost"
        case .lost(nil): "lost without a record"
        case .nothing: "nothing"
        }
    }
}
