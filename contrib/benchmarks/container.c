// The first prompt in a container of LXC that did not run before: by Postern, which also makes it, and with LXC's own tools,
// in one that was made before.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

static const struct job shell = {"sh", "PS1=prompt exec sh -i"};

static double until_prompt(const void *of) {
    struct link link;
    double start = now_ms(), time;
    link_open(&link, of, &shell, TTY | TAKES_STDIN);
    link_read_text(&link, "prompt");
    time = now_ms() - start;
    for (const char *byte = "exit\r"; *byte; byte++)
        link_type(&link, *byte);
    link_wait(&link);
    link_close(&link);
    return time;
}

static void by_hand(const char *what) {
    char command[64];
    snprintf(command, sizeof command, BY_HAND " %s", what);
    if (system(command) != 0)
        errx(1, "%s failed", command);
}

static double until_prompt_by_hand(const void *of) {
    by_hand("make");
    double time = until_prompt(of);
    by_hand("remove");
    return time;
}

void measure_containers(void) {
    const struct contender contenders[] = {
        {peers[LXC].name, until_prompt, &peers[LXC], 1},
        {peers[LXC_BY_HAND].name, until_prompt_by_hand, &peers[LXC_BY_HAND], 1},
    };
    // The first session makes the root that both stand on.
    until_prompt(&peers[LXC]);
    in_turns("container", contenders, 2, scaled(60, 20), 3, 100);
}
