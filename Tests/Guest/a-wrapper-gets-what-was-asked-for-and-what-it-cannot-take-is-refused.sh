#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/wrapped.bash"

serve_wrapped
expect_eq 'arguments' $'a b|$(c)||-x\n|' "$(postern exec "$TARGET" sh -c 'printf "%s|" "$@"' sh 'a b' '$(c)' '' $'-x\n')"
expect_eq 'directory and environment' '/etc x y' "$(postern exec -w /etc -e 'A=x y' "$TARGET" sh -c 'echo "$PWD $A"')"
expect_eq 'stdin' hello "$(echo hello | postern exec -i "$TARGET" cat)"
expect_code 7 postern exec "$TARGET" sh -c 'exit 7'
# A wrapper may run as root, and believes in its environment: the client's is the command's alone.
expect_eq 'the wrapper' '' "$(postern exec -e LD_PRELOAD=/no -e PATH=/bin "$TARGET" sh -c 'grep -z LD_PRELOAD /proc/self/environ >/dev/null || echo missing')"
begin hostile -e SECRET=1 -- sh -c 'sleep 4242'
if tr '\0' '\n' <"/proc/$LEADER/environ" | grep SECRET; then fail "the client's environment is the wrapper's"; fi
postern kill -s TERM "$TARGET" hostile >/dev/null
client 143

# refused FIELD OPTION...
refused() {
    local field=$1
    shift
    expect_code 125 postern exec --json-result result.json "$@" "$TARGET" touch "$WORK/began" 2>err
    expect_eq "$field: stage" policy "$(json result.json stage)"
    expect_eq "$field: field" "$field" "$(json result.json field)"
    expect_match "$field" "is given no $field; ask without it, or put it into the unit's --wrap=" "$(<err)"
}
refused container --container box
refused image --image alpine
refused user -u alice
refused rlimit --rlimit nofile=10
refused oom-score-adj --oom-score-adj 5
refused mkdir -w /tmp/x --mkdir
[[ ! -e began ]] || fail 'a refused command has run'
nothing_made

# The plain unit knows no containers at all.
serve
for option in container image; do
    TARGET=unix:/run/postern/postern.sock
    expect_code 125 postern exec "--$option" box --json-result result.json "$TARGET" true 2>err
    expect_eq "plain $option" "policy $option" "$(json result.json stage) $(json result.json field)"
done
for name in ../x .x -x 'x y' x/y "$(printf 'x%.0s' {1..65})" ''; do
    expect_code 125 postern exec "--container=$name" --json-result result.json "$TARGET" true 2>err
    [[ ! $name ]] || expect_eq "container '$name'" "open container" "$(json result.json stage) $(json result.json field)"
done
