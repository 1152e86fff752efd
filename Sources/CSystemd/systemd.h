// libsystemd, as far as Postern uses it: activation, notify and watchdog, the journal, and sd-bus for the
// one question of why PID 1 stops us.
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
