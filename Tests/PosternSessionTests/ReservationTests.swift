import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// One id and one name are one session's.
@Suite struct ReservationTests {
    @Test("of two sessions with one id the second is told of the first")
    func oneID() throws {
        try withRegistry { registry in
            let request = OpenRequest.of()
            let first = try registry.take(request)
            try first?.note(.of(request.session, .attached))
            guard case .found(.living(let record?)) = try Reservation.take(request, in: registry, most: nil)
            else {
                throw Missing()
            }
            #expect(record.info.session == request.session)
            _ = consume first
        }
    }

    @Test("one id is one life: what has ended, or was lost, is found and not started again")
    func oneLife() throws {
        try withRegistry { registry in
            let (ended, dead) = (OpenRequest.of(), OpenRequest.of())
            try registry.keep(.of(ended.session))
            try registry.leave(.of(dead.session, .attached))
            guard case .found(.ended) = try Reservation.take(ended, in: registry, most: nil),
                case .found(.lost) = try Reservation.take(dead, in: registry, most: nil)
            else { throw Missing() }
        }
    }

    @Test("a name in use is refused, and free again when its session ends")
    func names() throws {
        try withRegistry { registry in
            let first = try registry.take(.of(name: "a"))
            let error = refusal { () throws(ErrorReport) in try registry.take(.of(name: "a")) }
            #expect(error?.field == "name")
            _ = try registry.take(.of(name: "b"))
            _ = consume first
            _ = try registry.take(.of(name: "a"))
        }
    }

    @Test("a session that is refused for its name leaves its id free")
    func refusedName() throws {
        try withRegistry { registry in
            let first = try registry.take(.of(name: "a"))
            let id = SessionID.random()
            _ = refusal { () throws(ErrorReport) in try registry.take(.of(id, name: "a")) }
            #expect(try registry.word(id) == "nothing")
            _ = consume first
        }
    }

    @Test("an ended session's name may be used again")
    func endedName() throws {
        try withRegistry { registry in
            try registry.keep(.of(.random(), name: "a"))
            let second = OpenRequest.of(name: "a")
            let place = try registry.take(second)
            #expect(try registry.resolve(bytes("a")) == second.session)
            _ = consume place
        }
    }

    @Test("a name is no path")
    func hostileName() throws {
        try withRegistry { registry in
            let place = try registry.take(.of(name: "../../x\n"))
            #expect(try Files.list(registry.directory).contains("name-2e2e2f2e2e2f780a"))
            _ = consume place
        }
    }

    @Test("what a dead worker left is cleared away and does not count")
    func stale() throws {
        try withRegistry { registry in
            for _ in 0..<20 { try registry.leave(.of(.random(), .attached)) }
            let place = try registry.take(.of(), most: 1)
            #expect(try Files.list(registry.directory).count { $0.hasPrefix("id-") } == 1)
            _ = consume place
        }
    }

    @Test("one session too many is refused by policy, and admitted once there is room")
    func most() throws {
        try withRegistry { registry in
            let first = try registry.take(.of(), most: 1)
            let error = refusal { () throws(ErrorReport) in try registry.take(.of(), most: 1) }
            #expect(error?.stage == "policy")
            _ = consume first
            _ = try registry.take(.of(), most: 1)
        }
    }

    @Test("ended sessions take no living one's place")
    func endedDoNotCount() throws {
        try withRegistry { registry in
            for _ in 0..<3 { try registry.keep(.of(.random())) }
            _ = try registry.take(.of(), most: 1)
        }
    }

    @Test("a place that is let go leaves no file")
    func cleared() throws {
        try withRegistry { registry in
            _ = try registry.take(.of(name: "a"))
            #expect(try Files.list(registry.directory) == ["ended"])
        }
    }

    @Test("what is noted replaces what was, however long that was")
    func notes() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            let place = try registry.take(.of(id))
            try place?.note(.of(id, .attached, name: String(repeating: "x", count: 64)))
            try place?.note(.of(id, .detached, name: "b"))
            guard case .living(let record?) = try registry.find(id) else { throw Missing() }
            #expect(record.info.state == .detached && record.info.name == bytes("b") && record.output == [])
            _ = consume place
        }
    }
}
