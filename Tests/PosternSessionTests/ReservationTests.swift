import PosternSys
import PosternWire
import Testing

@testable import PosternSession

@Suite struct ReservationTests {
    /// A state directory of its own, cleared away afterwards.
    static func withState(_ body: (String) throws -> Void) throws {
        let path = "/tmp/postern-state-" + SessionID.random().text
        try Files.makeDirectory(path, mode: 0o700)
        defer {
            for name in (try? Files.list(path + "/t")) ?? [] { try? Files.remove(path + "/t/" + name) }
            try? Files.remove(path + "/t")
            try? Files.remove(path)
        }
        try body(path)
    }

    static func request(_ id: SessionID = .random(), name: String? = nil) -> OpenRequest {
        var request = OpenRequest(session: id, token: .random(), limit: 0)
        request.name = name.map { Array($0.utf8) }
        return request
    }

    @Test("of two sessions with one id the second is refused")
    func oneID() throws {
        try Self.withState { state in
            let request = Self.request()
            let first = try Reservation.take(request, in: state, template: "t", most: nil)
            let error = refusal { () throws(ErrorReport) in
                try Reservation.take(request, in: state, template: "t", most: nil)
            }
            #expect(error?.stage == "session")
            #expect(error?.field == "session")
            _ = consume first
        }
    }

    @Test("a name in use is refused, and free again when its session ends")
    func names() throws {
        try Self.withState { state in
            let first = try Reservation.take(Self.request(name: "a"), in: state, template: "t", most: nil)
            let error = refusal { () throws(ErrorReport) in
                try Reservation.take(Self.request(name: "a"), in: state, template: "t", most: nil)
            }
            #expect(error?.field == "name")
            _ = try Reservation.take(Self.request(name: "b"), in: state, template: "t", most: nil)
            _ = consume first
            _ = try Reservation.take(Self.request(name: "a"), in: state, template: "t", most: nil)
        }
    }

    @Test("a name is no path")
    func hostileName() throws {
        try Self.withState { state in
            let place = try Reservation.take(
                Self.request(name: "../../x\n"), in: state, template: "t", most: nil)
            #expect(try Files.list(state + "/t").contains("name-2e2e2f2e2e2f780a"))
            _ = consume place
        }
    }

    @Test("what a dead worker left is cleared away and does not count")
    func stale() throws {
        try Self.withState { state in
            try Files.makeDirectory(state + "/t", mode: 0o700)
            for _ in 0..<5 { try Files.create([], at: state + "/t/id-" + SessionID.random().text) }
            let place = try Reservation.take(Self.request(), in: state, template: "t", most: 1)
            #expect(try Files.list(state + "/t").count == 1)
            _ = consume place
        }
    }

    @Test("one session too many is refused by policy, and admitted once there is room")
    func most() throws {
        try Self.withState { state in
            let first = try Reservation.take(Self.request(), in: state, template: "t", most: 1)
            let error = refusal { () throws(ErrorReport) in
                try Reservation.take(Self.request(), in: state, template: "t", most: 1)
            }
            #expect(error?.stage == "policy")
            _ = consume first
            _ = try Reservation.take(Self.request(), in: state, template: "t", most: 1)
        }
    }

    @Test("a place that is let go leaves no file")
    func cleared() throws {
        try Self.withState { state in
            _ = try Reservation.take(Self.request(name: "a"), in: state, template: "t", most: nil)
            #expect(try Files.list(state + "/t") == [])
        }
    }
}
