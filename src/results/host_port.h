/* Addresses of options: HOST:PORT, or [HOST]:PORT where the host is an IPv6 address. */
#ifndef HOST_PORT_H
#define HOST_PORT_H

enum { HOST_SIZE = 256 };

/* Copies the host, and points *port to the digits in `address`. Returns -1 if it is not such an
 * address or the port is not from `lowest` to 65535. */
int host_port_split(const char *address, long lowest, char host[HOST_SIZE], const char **port);

#endif
