import Glibc
import PosternSys
import Testing

extension SysTests {
    @Suite struct Signals {
        @Test(arguments: [
            ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("term", 15), ("15", 15), ("HUP", 1), ("KILL", 9),
            ("WINCH", 28), ("CHLD", 17), ("cld", 17), ("IOT", 6), ("POLL", 29), ("RTMIN", 34),
            ("RTMIN+3", 37),
            ("SIGRTMIN+30", 64), ("RTMAX", 64), ("RTMAX-2", 62), ("rtmax-30", 34), ("1", 1), ("64", 64),
            ("009", 9),
        ])
        func `A name means its number`(name: String, number: Int32) {
            #expect(Signal(bytes(name))?.rawValue == number)
        }

        @Test(arguments: [
            "", "0", "65", "-1", "+9", "999", "1000", "TERMX", "SIG", "SIGSIGTERM", "RTMIN-1", "RTMIN+31",
            "RTMAX+1",
            "RTMAX-31", "RTMIN+", "RTMIN3", "T ERM", "TERM ", "SIG15X", "RTMIN+99999999999999", "\u{0}",
            "ſIGTERM",
        ])
        func `Anything else is no signal`(name: String) {
            #expect(Signal(bytes(name)) == nil)
        }

        @Test func `Every number but glibc's own two has a name that means it`() {
            for number in 1...64 where number != 32 && number != 33 {
                let signal = Signal(rawValue: Int32(number))
                #expect(Signal(bytes(signal.name)) == signal)
                #expect(Signal(bytes(signal.description)) == signal)
            }
            #expect(Signal.term.description == "SIGTERM")
        }

        @Test func `The table agrees with the kernel's numbers`() {
            let known: [(Signal, Int32)] = [
                (.hup, SIGHUP), (.int, SIGINT), (.quit, SIGQUIT), (.usr1, SIGUSR1), (.usr2, SIGUSR2),
                (.pipe, SIGPIPE), (.alrm, SIGALRM), (.term, SIGTERM), (.chld, SIGCHLD), (.cont, SIGCONT),
                (.stop, SIGSTOP), (.tstp, SIGTSTP), (.ttin, SIGTTIN), (.ttou, SIGTTOU), (.winch, SIGWINCH),
            ]
            for (signal, number) in known { #expect(Signal(bytes(signal.name))?.rawValue == number) }
        }

        @Test func `A blocked signal is read from its descriptor`() throws {
            let signals = try SignalFD([.usr2])
            #expect(try signals.next() == nil)
            // To this thread alone: the test process has others, which do not block it.
            #expect(pthread_kill(pthread_self(), SIGUSR2) == 0)
            try awaitInput(signals.descriptor)
            let info = try #require(try signals.next())
            #expect(info.signal == .usr2 && info.pid == getpid())
            #expect(try signals.next() == nil)
        }
    }
}
