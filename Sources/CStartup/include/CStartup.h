// Nothing is called from here: the linker finds the functions of this module before those of the Swift runtime.
#pragma once
