// What the kernel gave the process. For the rest of this module nothing is called from here: the linker finds its functions
// before those of the Swift runtime.
#pragma once

/// The words of the command line, the first of which is the program, up to a NULL.
char *_Nullable *_Nonnull postern_arguments(void);
