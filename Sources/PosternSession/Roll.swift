internal import PosternSys
internal import PosternWire

/// Calls the sessions of a template, and collects what their workers answer.
struct Roll: ~Copyable {
    /// How long all workers that are asked at once have, in nanoseconds.
    private static let patience: UInt64 = 200_000_000
    /// How many are asked at once: each takes a descriptor here.
    private static let atOnce = 256

    private let registry: Registry
    private let template: String
    private let grant: Grant

    init(_ registry: Registry, template: String, grant: Grant) {
        self.registry = registry
        self.template = template
        self.grant = grant
    }

    /// One worker's answer on its way.
    private final class Question {
        let record: Record
        let line: OwnedFD
        var reader = AnswerReader()
        var slot: PollSet.Slot?
        var answer: SessionInfo?
        var isOver = false

        init(_ record: Record, _ line: consuming OwnedFD) {
            self.record = record
            self.line = line
        }
    }

    /// The sessions that the peer may see, in the order of their start.
    func call(_ ids: [SessionID]) throws(SysError) -> [SessionInfo] {
        var known: [SessionInfo] = []
        var rest = ids[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.atOnce)
            rest = rest.dropFirst(Self.atOnce)
            known += try ask(some)
        }
        known.sort { ($0.started ?? 0, $0.session.text) < ($1.started ?? 0, $1.session.text) }
        return known
    }

    private func ask(_ ids: ArraySlice<SessionID>) throws(SysError) -> [SessionInfo] {
        var known: [SessionInfo] = []
        var questions: [Question] = []
        for id in ids {
            switch try registry.find(id) {
            case .living(let record?):
                guard grant.sees(record.owner) else { continue }
                if let question = ask(record) {
                    questions.append(question)
                } else {
                    known.append(Self.silent(record))
                }
            // Just being made, or gone since.
            case .living(nil), .nothing, .lost(nil): break
            case .ended(let record), .lost(let record?):
                if grant.sees(record.owner) { known.append(record.info) }
            }
        }
        try collect(questions)
        return known + questions.map { $0.answer ?? Self.silent($0.record) }
    }

    private func ask(_ record: Record) -> Question? {
        let errand = Errand(verb: .ask, template: template, peer: nil).encode()
        var queue = ByteQueue(capacity: errand.count)
        queue.append(errand)
        do throws(SysError) {
            let path = registry.socketPath(record.info.session.text)
            let line = try Sockets.connectUnix(path: Array(path.utf8))
            _ = try queue.drainSocket(to: line)
            return Question(record, line)
        } catch {
            // It has not opened its door yet, is full of callers, or has just ended.
            return nil
        }
    }

    private func collect(_ questions: [Question]) throws(SysError) {
        let deadline = MonotonicClock.nanoseconds() + Self.patience
        var set = PollSet()
        while questions.contains(where: { !$0.isOver }) {
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { return }
            set.reset()
            for question in questions where !question.isOver {
                question.slot = set.add(question.line, read: true, write: false)
            }
            try set.wait(milliseconds: Int((deadline - now) / 1_000_000) + 1)
            for question in questions where !question.isOver {
                guard let slot = question.slot, set.readable(slot) || set.hungUp(slot) else { continue }
                Self.read(question)
            }
        }
    }

    private static func read(_ question: Question) {
        do throws(SysError) {
            guard let answer = try question.reader.read(from: question.line) else { return }
            question.isOver = true
            guard case .frame(.session, let payload) = answer else { return }
            question.answer = try? SessionInfo(payload)
        } catch {
            question.isOver = true
        }
    }

    private static func silent(_ record: Record) -> SessionInfo {
        var info = record.info
        info.state = .silent
        return info
    }
}
