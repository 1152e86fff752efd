# Sourced by contrib/bench: sessions that stay while clients come and go.
# shellcheck shell=bash disable=SC2154,SC2034  # top, state, rounds and the like are its

# kept empty|full|left: what the worker of an idle detached session holds for itself.
kept() {
    local id pid kib
    read -r id pid < <("$state/driver" keep "$socket" "$1")
    # Until it has come to rest.
    sleep 0.5
    kib=$(anonymous "\$(awk '/^PPid/ { print \$2 }' /proc/$pid/status)")
    "$state/driver" remove "$socket" "$id"
    echo "kept-$1 $kib"
}

# with_linger KEY MIB [-t]: MiB/s, without and with.
with_linger() {
    local target=("${@:3}" "unix:$socket" head -c "$(($2 * 1024 * 1024))" /dev/zero)
    "$state/driver" compare "$1" "$rounds" "$2" \
        -- "$bindir/postern" exec "${target[@]}" -- "$bindir/postern" exec --linger=60 "${target[@]}"
}

stay() {
    local socket kind
    rounds=${rounds:-11}
    need
    prepare
    boot postern.socket
    socket=$sockets/postern.sock

    echo "bench: measuring for three minutes" >&2
    {
        "$state/driver" attach "$socket" "$((rounds * 20))"
        with_linger pipe 512
        with_linger pty 64 -t
        "$state/driver" mirrors "$socket" "$rounds" 512 50
        for kind in empty full left; do
            kept "$kind"
        done
    } >"$state/results"
    echo "Sessions that stay, on $(where):"
    # shellcheck disable=SC2016 # for awk
    report '
        function row(label, key) { printf "  %-44s %9.2f %9.2f\n", label, v[key, 1], v[key, 2] }
        function rates(label, key) { printf "  %-44s %9d %9d\n", label, v[key, 1], v[key, 2] }
        function kib(label, key) { printf "  %-44s %9d\n", label, v[key, 1] }
        END {
            printf "\n  %-44s %9s %9s\n", "from connect to the first output", "p50 ms", "p99 ms"
            row("a new session, sh -c \047echo ok\047", "new")
            row("attach, 4 KiB to be replayed", "writer")
            row("attach --read-only", "mirror")
            printf "\n  %-44s %9s %9s\n", "exec -- head -c N /dev/zero, MiB/s", "plain", "--linger"
            rates("pipe, 512 MiB", "pipe")
            rates("PTY, 64 MiB", "pty")
            printf "\n  %-44s %9s\n", "a writer that reads 512 MiB, MiB/s", "writer"
            printf "  %-44s %9d\n", "alone", v["mirrors", 1]
            printf "  %-44s %9d\n", "beside 50 mirrors that read (*)", v["mirrors", 2]
            printf "  %-44s %9d\n", "beside 50 mirrors that are stopped", v["mirrors", 3]
            printf "\n  %-44s %9s\n", "an idle detached session", "KiB (**)"
            kib("nothing put out", "kept-empty")
            kib("10 MiB put out, nobody there", "kept-full")
            kib("10 MiB put out, a client took them and left", "kept-left")
            printf "  (*) all in one process that drops what it reads: it is the worker\047s cost that counts;\n" \
                "      each got %.2f MiB, and gaps for the rest\n", v["mirrored", 1]
            printf "  (**) private dirty; the ring holds 1 MiB of the 10\n\n"
            ratio("p50, attach / new session", "writer-ratio", "1.30", 0, "fifths of the run")
            ratio("p50, attach --read-only / new session", "mirror-ratio", "1.30", 0, "fifths of the run")
            ratio("throughput, --linger / plain, pipe", "pipe-ratio", "0.85", 1, "half of the pairs")
            ratio("throughput, --linger / plain, PTY", "pty-ratio", "0.85", 1, "half of the pairs")
            ratio("throughput beside 50 mirrors / alone", "reading-ratio", "0.80", 1, "half of the rounds")
            ratio("the same, stopped mirrors", "stopped-ratio", "0.95", 1, "half of the rounds")
            bar("private dirty KiB, nothing put out", v["kept-empty", 1], 600, 0)
            bar("private dirty KiB, 10 MiB put out", v["kept-full", 1], 600 + 1024 + 64, 0)
            bar("the same, taken by a client that left", v["kept-left", 1], 600 + 1024 + 64, 0)
            printf "\n  %d rounds; again: contrib/bench stay --rounds %d\n", rounds, rounds
        }'
}
