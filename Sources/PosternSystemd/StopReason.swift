import CSystemd
import CPostern

/// Why the manager stops us.
public enum StopReason: Equatable, Sendable {
    /// Only this unit, or nobody knows.
    case stop
    case shutdown
    case reboot

    /// Asks PID 1 over its private socket, as root; no bus daemon is needed. Waits at most half a second per
    /// question.
    ///
    /// Anything that fails means `.stop`: the session ends either way, only its last words differ.
    public static func ask() -> StopReason {
        guard let manager = Manager() else { return .stop }
        guard manager.systemState() == "stopping" else { return .stop }
        for (unit, reason) in [
            ("reboot.target", StopReason.reboot), ("soft-reboot.target", .reboot), ("kexec.target", .reboot),
            ("poweroff.target", .shutdown), ("halt.target", .shutdown), ("exit.target", .shutdown),
        ] where manager.hasJob(unit) {
            return reason
        }
        return .shutdown
    }
}

/// A private connection to PID 1's manager object.
@safe
private struct Manager: ~Copyable {
    private let bus: OpaquePointer

    private static let destination = "org.freedesktop.systemd1"
    private static let patience: UInt64 = 500_000

    init?() {
        // SAFETY: sd_bus_new gives one reference, which deinit or the guard below drops.
        var bus: OpaquePointer?
        guard unsafe sd_bus_new(&bus) >= 0, let opened = unsafe bus else { return nil }
        guard
            unsafe sd_bus_set_address(opened, "unix:path=/run/systemd/private") >= 0,
            unsafe sd_bus_start(opened) >= 0,
            unsafe sd_bus_set_method_call_timeout(opened, Manager.patience) >= 0
        else {
            unsafe sd_bus_unref(opened)
            return nil
        }
        unsafe self.bus = opened
    }

    deinit {
        // SAFETY: our only reference. Nothing is queued that would be worth a flush.
        unsafe sd_bus_close(bus)
        unsafe sd_bus_unref(bus)
    }

    /// The manager's state: `running`, `degraded`, `stopping` …
    func systemState() -> String? {
        var text: UnsafeMutablePointer<CChar>?
        // SAFETY: on success `text` is a malloc'd string that is ours to free.
        let result = unsafe sd_bus_get_property_string(
            bus, Manager.destination, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
            "SystemState", nil, &text)
        guard result >= 0, let found = unsafe text else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// Whether the unit has a job: property Job is (uo), with id 0 for none.
    func hasJob(_ unit: String) -> Bool {
        var reply: OpaquePointer?
        // SAFETY: on success `reply` is one reference, dropped below; `job` is filled by the read.
        let result = unsafe sd_bus_get_property(
            bus, Manager.destination, path(of: unit), "org.freedesktop.systemd1.Unit", "Job", nil, &reply,
            "(uo)")
        guard result >= 0, let message = unsafe reply else { return false }
        defer { unsafe _ = sd_bus_message_unref(message) }
        var job: UInt32 = 0
        guard unsafe sd_bus_message_enter_container(message, 0x72 /* r */, "uo") > 0,
            unsafe sd_bus_message_read_basic(message, 0x75 /* u */, &job) > 0
        else { return false }
        return job != 0
    }

    /// The unit's object path: every byte but letters and digits as _xx.
    private func path(of unit: String) -> String {
        let hex = Array("0123456789abcdef")
        return unit.utf8.reduce(into: "/org/freedesktop/systemd1/unit/") { path, byte in
            switch byte {
            case 48...57, 65...90, 97...122: path.unicodeScalars.append(Unicode.Scalar(byte))
            default: path += "_\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
    }
}
