#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/lxc.bash"

inside() { postern exec "$@"; }

# A busybox has no tool to become somebody; its own passwd counts, not the guest's.
serve_lxc
who='echo "$(id -u) $(id -g) $(id -G) $USER $HOME $(pwd)"'
expect_eq 'by name' '65534 65534 65534 nobody / /' "$(inside -u nobody "$TARGET" sh -c "$who")"
expect_eq 'by number' '65534 65534 65534 nobody / /' "$(inside -u 65534 "$TARGET" sh -c "$who")"
expect_eq 'a number nobody has' '4242 65534 65534 4242 / /' "$(inside -u 4242 "$TARGET" sh -c "$who")"
expect_eq 'with a group' '4242 5 5 4242 / /' "$(inside -u 4242:tty "$TARGET" sh -c "$who")"
expect_eq 'root in a group' '0 77 77 root /root /root' "$(inside -u 0:77 "$TARGET" sh -c "$who")"
expect_code 125 inside -u alice "$TARGET" true 2>err
expect_match 'no such user' "no user alice in the container" "$(<err)"
expect_code 125 inside -u nobody:nogroups "$TARGET" true 2>err
expect_match 'no such group' "no group nogroups in the container" "$(<err)"
for number in 4294967295 4294967296 18446744073709551616 -1 99999999999999999999999; do
    expect_code 125 inside -u "$number" "$TARGET" id >out 2>err
    expect_eq "nothing ran as $number" '' "$(<out)"
done
expect_code 125 inside -u $'nobody:x\n' "$TARGET" true 2>err

expect_eq 'cwd' /etc "$(inside -w /etc "$TARGET" pwd)"
# shellcheck disable=SC2088  # the other side's
expect_eq 'cwd at home' /root/a "$(inside -w '~/a' --mkdir "$TARGET" pwd)"
expect_eq 'cwd with everything' $'/tmp/a b/it\'s\n$(id)' "$(inside -w $'/tmp/a b/it\'s\n$(id)' --mkdir "$TARGET" pwd)"
expect_code 125 inside -w /nowhere "$TARGET" true 2>err
expect_match 'names it' '/nowhere' "$(<err)"
expect_code 125 inside -w elsewhere "$TARGET" true 2>err
expect_match 'says what' 'neither an absolute path' "$(<err)"
expect_code 125 inside -u nobody -w /root/x --mkdir "$TARGET" true 2>err

limits='ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Ht; cat /proc/self/oom_score_adj'
expect_eq 'limits' '100 200 unlimited 77 321' "$(inside --rlimit nofile=100:200 --rlimit core=unlimited --rlimit cpu=77 \
    --oom-score-adj 321 "$TARGET" sh -c "$limits" | tr '\n' ' ' | sed 's/ $//')"

# A Debian has all that a user has.
guest_root
usermod --append --groups adm,audio alice
on_exit 'gpasswd -d alice adm; gpasswd -d alice audio'
expected=$(runuser -u alice -- sh -c 'echo "$(id -u) $(id -g) $(id -G) alice /home/alice /home/alice"')
expect_eq 'groups' "$expected" "$(inside -u alice "$TARGET" sh -c "$who")"
expect_eq 'another group' "1000 4 4 29 alice /home/alice /home/alice" "$(inside -u alice:adm "$TARGET" sh -c "$who")"
expect_eq 'of nobody else' '1001 1001 1001 bob /home/bob /home/bob' "$(inside -u bob "$TARGET" sh -c "$who")"
expect_eq 'a path of a user' /usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games "$(inside -u bob "$TARGET" sh -c 'echo $PATH')"
no_containers
