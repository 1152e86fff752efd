import PosternSys
import PosternWire
import Testing

@testable import PosternSession

/// What becomes of a session's files, and what they say of it.
@Suite struct RegistryTests {
    // MARK: - Finding

    @Test("an id that nobody ever had is nothing")
    func nothing() throws {
        try withRegistry { registry in
            let word = try registry.word(.random())
            #expect(word == "nothing")
        }
    }

    @Test("a session lives as long as its place is held, and has a record once it is noted")
    func living() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            let place = try registry.take(.of(id))
            #expect(try registry.word(id) == "being made")
            try place?.note(.of(id, .attached, owner: 1000))
            guard case .living(let record?) = try registry.find(id) else { throw Missing() }
            #expect(record.info.state == .attached && record.owner == 1000)
            _ = consume place
            #expect(try registry.word(id) == "nothing")
        }
    }

    @Test("an ended session is found until it is forgotten")
    func ended() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            try registry.keep(.of(id))
            #expect(try registry.word(id) == "ended")
            try registry.forget(id)
            #expect(try registry.word(id) == "nothing")
            try registry.forget(id)
        }
    }

    @Test("a session that ends is never between the living and the ended")
    func ends() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            let place = try registry.take(.of(id))
            try registry.keep(.of(id))
            #expect(try registry.word(id) == "being made")
            _ = consume place
            #expect(try registry.word(id) == "ended")
        }
    }

    @Test("a session whose worker died is lost, and its files are put among the ended")
    func lost() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            try registry.leave(.of(id, .attached, name: "build", owner: 1000))
            for _ in 0..<2 {
                guard case .lost(let record?) = try registry.find(id) else { throw Missing() }
                #expect(
                    record.info.state == .lost && record.info.name == bytes("build") && record.owner == 1000)
            }
            #expect(try Files.list(registry.directory) == ["ended"])
        }
    }

    @Test("a worker that died after its session had ended left a result")
    func endedThenDied() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            try registry.leave(.of(id, .attached))
            try registry.keep(.of(id))
            #expect(try registry.word(id) == "ended")
        }
    }

    @Test("an empty file that is fresh is just being made, and one that is not is of a worker that died")
    func empty() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            try Files.create([], at: registry.idPath(id.text))
            #expect(try registry.word(id) == "being made")
            try age(registry.idPath(id.text), seconds: 60)
            guard case .lost(let record?) = try registry.find(id) else { throw Missing() }
            // Nobody knows whose it was.
            #expect(record.owner == 0 && record.info.session == id)
        }
    }

    @Test("a record that cannot be read is as good as none")
    func damaged() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            try Files.create(bytes("garbage"), at: registry.endedPath(id.text))
            #expect(try registry.word(id) == "nothing")
            try Files.create(bytes("garbage"), at: registry.idPath(id.text))
            #expect(try registry.word(id) == "lost")
        }
    }

    @Test("what is no session's file is passed over")
    func strangers() throws {
        try withRegistry { registry in
            for name in ["id-", "id-xyz", "name-61", "README", "ended/x.new"] {
                try Files.create([], at: registry.directory + "/" + name)
            }
            #expect(try registry.ids() == [])
            let place = try registry.take(.of())
            #expect(try registry.ids().count == 1)
            _ = consume place
        }
    }

    // MARK: - Resolving

    static let one = SessionID(bytes("00112233445566778899aabbccddeeff")) ?? .zero
    static let two = SessionID(bytes("00112299999999999999999999999999")) ?? .zero

    @Test("a word is an id, a living name, digits that one id begins with, or the name of an ended session")
    func resolve() throws {
        try withRegistry { registry in
            let place = try registry.take(.of(Self.one, name: "deploy"))
            try registry.keep(.of(Self.two, name: "build"))
            let cases = [
                (Self.one.text, Self.one), ("deploy", Self.one), ("001122334", Self.one),
                ("00112299", Self.two),
                ("build", Self.two),
            ]
            for (word, id) in cases { #expect(try registry.resolve(bytes(word)) == id, "\(word)") }
            let unknown = SessionID.random()
            #expect(try registry.resolve(bytes(unknown.text)) == unknown)
            _ = consume place
        }
    }

    @Test(
        "a word that means nothing is nothing",
        arguments: ["001", "0012", "buil", "", "\u{1b}[2J", "../ended"])
    func unresolved(_ word: String) throws {
        try withRegistry { registry in
            for id in [Self.one, Self.two] { try registry.keep(.of(id, name: "build")) }
            #expect(try registry.resolve(bytes(word)) == nil)
        }
    }

    @Test("the beginning of two ids is refused")
    func ambiguous() throws {
        try withRegistry { registry in
            for id in [Self.one, Self.two] { try registry.keep(.of(id, name: "build")) }
            let error = refusal { () throws(ErrorReport) in try registry.resolve(bytes("0011")) }
            #expect(error?.stage == "session" && error?.text.contains("any of 2") == true)
        }
    }

    @Test("of two ended sessions of one name the later is meant")
    func latest() throws {
        try withRegistry { registry in
            for (id, started) in [(Self.one, 2), (Self.two, 1)] as [(SessionID, UInt64)] {
                var record = Record.of(id, name: "build")
                record.info.started = started
                try registry.keep(record)
            }
            #expect(try registry.resolve(bytes("build")) == Self.one)
        }
    }

    @Test("a living session's name is its own, whatever the ended were called and ids begin with")
    func livingFirst() throws {
        try withRegistry { registry in
            let id = SessionID.random()
            let place = try registry.take(.of(id, name: "0011"))
            try registry.keep(.of(Self.one, name: "0011"))
            #expect(try registry.resolve(bytes("0011")) == id)
            _ = consume place
            #expect(try registry.resolve(bytes("0011")) == Self.one)
        }
    }

    // MARK: - Forgetting

    @Test("the oldest of too many are forgotten")
    func forgetsOldest() throws {
        try withRegistry(keep: 3) { registry in
            let ids = (0..<5).map { _ in SessionID.random() }
            for (index, id) in ids.enumerated() {
                try registry.keep(.of(id))
                try age(registry.endedPath(id.text), seconds: UInt64(100 - index))
            }
            _ = try registry.sweep(atMost: 0)
            #expect(try Set(registry.ids()) == Set(ids.suffix(3)))
        }
    }

    @Test("what was kept for ten minutes is forgotten")
    func retention() throws {
        try withRegistry { registry in
            let (old, young) = (SessionID.random(), SessionID.random())
            for (id, seconds) in [(old, Registry.retention), (young, Registry.retention - 60)] {
                try registry.keep(.of(id))
                try age(registry.endedPath(id.text), seconds: seconds)
            }
            try registry.keep(.of(.random()))
            #expect(try registry.word(old) == "nothing")
            #expect(try registry.word(young) == "ended")
        }
    }

    @Test("a unit that keeps nothing keeps nothing")
    func keepsNothing() throws {
        try withRegistry(keep: 0) { registry in
            try registry.keep(.of(.random()))
            #expect(try registry.ids() == [])
        }
    }

    // MARK: - Sweeping

    @Test("a sweep buries the dead, frees their names, and counts the living")
    func sweep() throws {
        try withRegistry { registry in
            let place = try registry.take(.of(name: "alive"))
            let dead = (0..<5).map { _ in SessionID.random() }
            for id in dead { try registry.leave(.of(id, .away)) }
            try Files.create(bytes(dead[0].text), at: registry.namePath(bytes("dead")))
            try Files.create([], at: registry.idPath(SessionID.random().text))
            // The one of which nobody can know that its worker is not just about to lock it counts as well.
            #expect(try registry.sweep(atMost: .max) == 2)
            for id in dead { #expect(try registry.word(id) == "lost") }
            #expect(!Files.exists(registry.namePath(bytes("dead"))))
            #expect(Files.exists(registry.namePath(bytes("alive"))))
            _ = consume place
        }
    }

    @Test("a sweep looks at no more files than it may, and comes to all of them")
    func partialSweep() throws {
        try withRegistry(keep: 100) { registry in
            for _ in 0..<20 { try registry.leave(.of(.random(), .away)) }
            var sweeps = 0
            while try registry.sweep(atMost: 8) > 0, sweeps < 10_000 { sweeps += 1 }
            #expect(sweeps > 1 && sweeps < 10_000)
            #expect(try Files.list(registry.directory + "/ended").count == 20)
        }
    }
}

/// Something that should be there is not.
struct Missing: Error {}
