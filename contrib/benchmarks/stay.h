// Detached sessions.
#pragma once
#include "postern.h"

// Starts `sh -c SCRIPT` on a terminal without a client, and waits for its output.
void start_detached(const char *path, struct session *session, const char *script, uint64_t output);
void remove_session(const char *path, const char *id);
