#ifndef CITYCOOP_CMICROHTTPD_SHIM_H
#define CITYCOOP_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

// MHD_start_daemon, MHD_get_daemon_info and MHD_get_connection_info are variadic, and Swift calls no variadic C.

// A daemon without a thread of its own: MHD_run_wait is called when its epoll descriptor is readable.
static inline struct MHD_Daemon *citycoop_mhd_start(int listening, unsigned int connections_max,
                                                    size_t connection_bytes_max, MHD_AccessHandlerCallback asked,
                                                    MHD_NotifyConnectionCallback noticed, void *context) {
  return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, asked, context,
                          MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT, connections_max,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes_max, MHD_OPTION_NOTIFY_CONNECTION,
                          noticed, context, MHD_OPTION_END);
}
static inline int citycoop_mhd_epoll(struct MHD_Daemon *daemon) {
  return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}
static inline int citycoop_mhd_socket(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}
static inline void *citycoop_mhd_socket_context(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

#endif
