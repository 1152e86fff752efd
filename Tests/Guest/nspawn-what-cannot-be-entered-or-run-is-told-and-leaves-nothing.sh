#!/usr/bin/env bash
# needs: postern
# timeout: 120
. "$(dirname "$0")/nspawn.bash"

serve_nspawn
refused prepare 'name a running one'
refused prepare "no machine 'nosuch' is running" --container nosuch
refused prepare "no image 'nosuch'" --image nosuch
refused prepare "no image 'tools/root'" --image tools/root
refused prepare "'box' runs already" --image tools --container box
refused prepare 'cannot start a machine.*box.*busy' --image box
refused open container --container ../box
refused open image --image ../../../etc
refused policy group --container box -u alice:video
refused policy mkdir --container box -w /tmp/x --mkdir
# A root in which nothing can be started
mkdir /var/lib/machines/broken
on_exit 'rm -r /var/lib/machines/broken'
remember
refused prepare "cannot start a machine of 'broken'" --image broken

# The name of a new machine is its own, free again at once, and nobody else's meanwhile; the image serves more than one.
for _ in 1 2; do
    expect_eq 'name' named "$(postern exec --image tools --container named "$TARGET" hostname)"
done
begin first --image tools --container named -- sleep 4242
refused_name=$(postern exec --image tools --container named "$TARGET" true 2>&1) || :
expect_match 'the name' "'named' runs already" "$refused_name"
expect_eq 'beside it' beside "$(postern exec --image tools "$TARGET" echo beside)"
expect_eq 'into it' named "$(postern exec --container named "$TARGET" hostname)"
postern kill -s KILL "$TARGET" first >/dev/null
client 137
as_before
