// What the parts of the driver share: clocks, taking turns, telling what was measured.
#pragma once
#include "peer.h"
#include <stdio.h>

double now_ms(void);
// What is left of a session after its end (the worker's exit, systemd's cleaning) would be charged to the next one.
void settle(unsigned ms);
void *need(size_t count, size_t size);

// How much of everything is done: 1, or less for a quick look.
extern double scale;
// That part of a count, but never less than `least`.
size_t scaled(size_t count, size_t least);

// One line of the result: WORKLOAD PEER VALUE. Everything else, medians too, is report.py's.
void tell(const char *workload, const char *who, double value);

struct contender {
    const char *name;
    double (*run)(const void *of);
    const void *of;
    // Takes part in each round, or in every so many: the slow ones need fewer.
    unsigned every;
};
// Each contender once a round, in an order that chance decides, so that being first is nobody's advantage.
void in_turns(const char *workload, const struct contender *contenders, size_t count, size_t rounds, size_t warm_up,
              unsigned settle_ms);

void measure_sessions(void);
void measure_rates(void);
void measure_throughput(void);
void measure_keys(void);
void measure_signals(void);
void measure_bulk(void);
void measure_many(void);
void measure_cpu(void);
void measure_client(void);
void measure_attach(void);
void measure_linger(void);
void measure_mirrors(void);
void measure_containers(void);
