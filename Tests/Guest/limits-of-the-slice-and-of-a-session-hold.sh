#!/usr/bin/env bash
# needs: controllers postern
# timeout: 200
. "$(dirname "$0")/sessions.bash"

drop_in postern.slice Slice MemoryMax=500M TasksMax=300 CPUWeight=50
drop_in postern@.service Service MemoryMax=200M TasksMax=20 CPUWeight=40
serve
of_session() { postern exec "$TARGET" sh -c "cat /sys/fs/cgroup/postern.slice/postern@*.service/$1"; }
expect_eq 'memory' $((200 << 20)) "$(of_session memory.max)"
expect_eq 'tasks' 20 "$(of_session pids.max)"
expect_eq 'weight' 40 "$(of_session cpu.weight)"
of_slice() { postern exec "$TARGET" cat "/sys/fs/cgroup/postern.slice/$1"; }
expect_eq 'memory of all' $((500 << 20)) "$(of_slice memory.max)"
expect_eq 'tasks of all' 300 "$(of_slice pids.max)"
expect_eq 'weight of all' 50 "$(of_slice cpu.weight)"
nothing_left
