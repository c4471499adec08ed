// The few functions of C's mathematics that Swift has no names for without Foundation.
#include <math.h>
