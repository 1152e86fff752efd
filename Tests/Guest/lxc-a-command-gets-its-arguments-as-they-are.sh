#!/usr/bin/env bash
# needs: postern
. "$(dirname "$0")/lxc.bash"

serve_lxc
# shellcheck disable=SC1003
hostile=('' ' ' "it's" '"' $'two\nlines' '$HOME' '`id`' '\\' -- --user=nobody -x '*' ';' $'\t' $'\xff\xfe' '=')
printf '<%s>\n' "${hostile[@]}" >expected
postern exec "$TARGET" printf '<%s>\n' "${hostile[@]}" >got
cmp expected got || fail "arguments: $(<got)"
# The first word, too: nothing looks at it but the search for the program.
expect_code 127 postern exec "$TARGET" -- -x 2>err
expect_code 127 postern exec "$TARGET" no-such-program 2>err
expect_match 'names it' 'no-such-program' "$(<err)"
expect_code 126 postern exec "$TARGET" /etc/passwd 2>err
expect_match 'names it' '/etc/passwd' "$(<err)"

# Variables: whatever their name or value.
postern exec -e "V=it's \"\$HOME\"
\`id\`" -e 'PATH=/bin' -e 'a.b=dot' -e 'IFS=:' -e 'HOME=/elsewhere' -e 'PWD=/nowhere' -e 'BASH_ENV=/x' -e 'postern=p' -e '--x=y' "$TARGET" env >got
for line in "V=it's \"\$HOME\"" '`id`' PATH=/bin a.b=dot IFS=: HOME=/elsewhere PWD=/nowhere BASH_ENV=/x postern=p --x=y USER=root; do
    grep -qxF -- "$line" got || fail "variables: $line is missing in $(<got)"
done
! grep -q '^postern_' got || fail "variables that nobody set: $(<got)"
expect_eq 'what is there by itself' 'HOME LANG LOGNAME PATH POSTERN_SESSION SHELL USER container' \
    "$(postern exec "$TARGET" env | sed 's/=.*//' | sort | tr '\n' ' ' | sed 's/ $//')"
# Debian's shell differs.
guest_root
postern exec "$TARGET" printf '<%s>\n' "${hostile[@]}" >got
cmp expected got || fail "arguments: $(<got)"
expect_code 127 postern exec "$TARGET" -- -x 2>err
expect_code 127 postern exec "$TARGET" no-such-program 2>err
expect_code 126 postern exec "$TARGET" /etc/passwd 2>err
expect_eq 'variables' $'dot\n:\nit\'s' "$(postern exec -e a.b=dot -e IFS=: -e "V=it's" "$TARGET" printenv a.b IFS V)"
# As many arguments as fit
mapfile -t many < <(seq 20000)
expect_eq 'many' "$(printf '%s\n' "${many[@]}" | cksum)" "$(postern exec "$TARGET" printf '%s\n' "${many[@]}" | cksum)"
no_containers
