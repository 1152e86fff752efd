import Foundation
import PosternWire

/// Reads the data files beside this source. Their formats: Golden/README.md.
enum GoldenFiles {
    struct Vector: Sendable, CustomStringConvertible {
        let name: String
        let sender: Side
        let verdict: String
        let field: String?
        let bytes: [UInt8]
        var description: String { name }
    }

    struct Transcript: Sendable, CustomStringConvertible {
        enum Line: Equatable, Sendable {
            case bytes(Side, [UInt8])
            case shutdown(Side)
            /// What follows is another connection.
            case reconnection
        }
        let name: String
        let lines: [Line]
        var description: String { name }
    }

    struct Malformed: Error {
        let file: String
        let line: String
    }

    static let directory = URL(filePath: #filePath).deletingLastPathComponent()

    static func vectors() throws -> [Vector] {
        var vectors: [Vector] = []
        for file in try files("Golden", "hex") {
            var head: (name: String, sender: Side, verdict: String, field: String?)?
            var bytes: [UInt8] = []
            func finish() {
                guard let head else { return }
                vectors.append(
                    Vector(
                        name: head.name, sender: head.sender, verdict: head.verdict, field: head.field,
                        bytes: bytes))
            }
            for line in try lines(of: file) {
                guard line.hasPrefix("[") else {
                    bytes += try hex(line, file)
                    continue
                }
                finish()
                bytes = []
                let words = line.split(separator: " ").map(String.init)
                guard words.count >= 3, words[0].hasSuffix("]"), let sender = side(words[1]) else {
                    throw Malformed(file: file.lastPathComponent, line: line)
                }
                head = (
                    String(words[0].dropFirst().dropLast()), sender, words[2],
                    words.count > 3 ? words[3] : nil
                )
            }
            finish()
        }
        return vectors
    }

    static func transcripts() throws -> [Transcript] {
        try files("Golden", "transcript").map { file in
            let lines: [Transcript.Line] = try lines(of: file).map { line in
                if line == "--" { return .reconnection }
                guard let who = side(String(line.prefix(1))) else {
                    throw Malformed(file: file.lastPathComponent, line: line)
                }
                switch line.dropFirst().first {
                case ">": return .bytes(who, try hex(String(line.dropFirst(2)), file))
                case ".": return .shutdown(who)
                default: throw Malformed(file: file.lastPathComponent, line: line)
                }
            }
            return Transcript(name: file.deletingPathExtension().lastPathComponent, lines: lines)
        }
    }

    /// The kept inputs of a fuzz target.
    static func corpus(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
        try files("Corpus/\(target)", nil).map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }

    private static func files(_ folder: String, _ kind: String?) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: directory.appending(path: folder), includingPropertiesForKeys: nil
        ).filter { kind == nil || $0.pathExtension == kind }.sorted { $0.path < $1.path }
    }

    private static func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let text = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            return text.isEmpty ? nil : text
        }
    }

    private static func side(_ word: String) -> Side? {
        switch word {
        case "client", "C": .client
        case "worker", "W": .worker
        default: nil
        }
    }

    private static func hex(_ text: String, _ file: URL) throws -> [UInt8] {
        let digits = text.filter { !$0.isWhitespace }.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
        guard digits.count == text.filter({ !$0.isWhitespace }).count, digits.count.isMultiple(of: 2) else {
            throw Malformed(file: file.lastPathComponent, line: text)
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension WireError {
    /// The word for it in the golden files.
    var word: String {
        switch self {
        case .unknownFrame: "unknown-frame"
        case .unexpectedFrame: "unexpected-frame"
        case .badLength: "bad-length"
        case .malformedFields: "malformed-fields"
        case .unknownField: "unknown-field"
        case .missingField: "missing-field"
        case .repeatedField: "repeated-field"
        case .badValue: "bad-value"
        case .windowOverrun: "window-overrun"
        }
    }
}
