import PosternWire
import Testing

@Suite struct TranscriptTests {
    /// How each of a transcript's connections ends: its exit, its error's stage, what it was for, or nothing.
    static let ends: [String: [String]] = [
        "pipes": ["exit 3"], "terminal": ["exit 0"], "killed": ["signal 15"], "unknown-signal": ["exit 0"],
        "windows": ["exit 0"], "slow-reader": ["exit 0"], "hangup": ["signal 1 hangup"],
        "timeout": ["signal 1 timeout"], "removed": ["signal 1 removed"], "cut-anywhere": ["signal 15"],
        "not-found": ["error exec"], "refused-peer": ["error peer"], "unknown-field": ["error open"],
        "unsupported": ["error unsupported"], "overrun": ["error protocol"], "reboot": ["error reboot"],
        "rebooted": ["error rebooted"], "lost": ["nothing"],
        "detach-and-attach": ["detached", "exit 0"], "connection-lost": ["nothing", "exit 0"],
        "asked-twice": ["nothing", "exit 0"], "result-kept": ["exit 0", "exit 0", "error session"],
        "replay-lost": ["exit 0"], "taken-over": ["error taken-over", "error taken-over"],
        "take-over": ["error session", "exit 0"], "mirror": ["exit 2"], "mirror-leaves": ["detached"],
        "started-detached": ["left"], "list": ["3 listed"], "order-signal": ["1 listed"],
        "order-wait": ["1 listed"], "order-unknown": ["error session"],
    ]
    /// Connections that break off where a frame, or the client's answer to EXIT, would have come.
    static let brokenOff: [String: [Int]] = [
        "lost": [0], "connection-lost": [0], "asked-twice": [0], "result-kept": [0],
    ]

    @Test(arguments: try GoldenFiles.transcripts()) func aTranscriptKeepsTheRules(
        _ transcript: GoldenFiles.Transcript
    ) throws {
        var observer = Observer()
        var ends: [String] = []
        for lines in transcript.lines.split(separator: .reconnection, omittingEmptySubsequences: false) {
            try follow(transcript.name, ends.count, lines, &observer)
            ends.append(observer.connection.end)
            observer.reconnect()
        }
        #expect(ends == Self.ends[transcript.name])
    }

    /// One connection, to its end.
    private func follow(
        _ name: String, _ number: Int, _ lines: ArraySlice<GoldenFiles.Transcript.Line>,
        _ observer: inout Observer
    ) throws {
        var shut: Set<Side> = []
        for line in lines {
            switch line {
            case .bytes(let side, let bytes):
                #expect(!shut.contains(side), "nothing comes from an end that was shut down")
                // The one request that is meant to be refused.
                if name == "unknown-field", side == .client {
                    #expect(throws: WireError.unknownField(Array("cpu-limit".utf8))) {
                        try observer.see(side, bytes)
                    }
                } else {
                    try observer.see(side, bytes)
                }
            case .shutdown(let side): shut.insert(side)
            case .reconnection: Issue.record("a connection is one connection")
            }
        }
        let connection = observer.connection
        #expect(shut == [.client, .worker])
        #expect(connection.overrun == (name == "overrun"))
        if Self.brokenOff[name]?.contains(number) == true {
            #expect(!connection.bye)
        } else {
            #expect(connection.isWhole)
            #expect(connection.bye == (connection.error == nil))
        }
    }

    @Test func everyTranscriptIsThere() throws {
        #expect(Set(try GoldenFiles.transcripts().map(\.name)) == Set(Self.ends.keys))
    }
}
