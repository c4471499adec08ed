// ares.h needs these, and does not include them everywhere.
#include <netdb.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <ares.h>
