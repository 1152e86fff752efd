// Fuzz target: fields and messages. The first byte of an input is a frame's type, the rest its payload. Compiled
// together with Sources/PosternWire, hence no import.

/// Whatever can be read is written, and then read again, the same; whatever is written fits its frame.
private func check<Message: Equatable>(
    _ kind: FrameKind, _ payload: [UInt8], _ read: ([UInt8]) throws(WireError) -> Message,
    _ write: (Message) -> [UInt8]
) {
    do throws(WireError) {
        let message = try read(payload)
        let written = write(message)
        do throws(WireError) {
            let again = try read(written)
            // A text that was cut or escaped once may grow when it is escaped again, never a value. A list's
            // command is cut to what a frame holds.
            precondition(again == message || [.error, .notice, .started, .session].contains(kind))
        } catch {
            preconditionFailure("what was written cannot be read: \(error)")
        }
    } catch {
        let report = ErrorReport(stage: .open, field: error.field, text: error.description)
        precondition(FrameKind.error.lengths.contains(report.encode().count))
        precondition(report.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first, let kind = FrameKind(rawValue: first) else { return 0 }
    let payload = Array(input.dropFirst())
    guard kind.lengths.contains(payload.count) else { return 0 }
    switch kind {
    case .open: check(kind, payload, OpenRequest.init(_:)) { $0.encode() }
    case .attach: check(kind, payload, AttachRequest.init(_:)) { $0.encode() }
    case .list: check(kind, payload, ListRequest.init(_:)) { $0.encode() }
    case .order: check(kind, payload, OrderRequest.init(_:)) { $0.encode() }
    case .session: check(kind, payload, SessionInfo.init(_:)) { $0.encode() }
    case .gap: check(kind, payload, Gap.init(_:)) { $0.encode() }
    case .resize: check(kind, payload, TerminalSize.init(_:)) { $0.encode() }
    case .signal: check(kind, payload, SignalRequest.init(_:)) { $0.encode() }
    case .window: check(kind, payload, WindowUpdate.init(_:)) { $0.encode() }
    case .started: check(kind, payload, Started.init(_:)) { $0.encode() }
    case .exit: check(kind, payload, Exit.init(_:)) { $0.encode() }
    case .error: check(kind, payload, ErrorReport.init(_:)) { $0.encode() }
    case .notice: check(kind, payload, Notice.init(_:)) { $0.encode() }
    case .stdin, .stdout, .stderr, .ping, .pong:
        let shown = Text.printable(payload)
        precondition(
            shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    case .stdinEOF, .detach, .hangup, .bye: break
    }
    return 0
}
